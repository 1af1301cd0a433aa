/** The net a growth leaves, as far as one can tell before a run. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { fits } from '../../io/codec.js'
import { infer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { growthCodec } from '../../surgery/codec.js'
import { growNet } from '../../surgery/grow/grow.js'
import { withFreshName } from '../../surgery/grow/insert-layer.js'
import type { Growth } from '../../surgery/grow/options.js'
import { sitePath } from '../../surgery/grow/site.js'

/** A net, and where in it the last growth is. */
export interface GrownPreview {
  readonly net: Net
  readonly last: Path
}

const isGrowth = fits(growthCodec)

/** The net grown at just this site; as it is where the growth does not fit, which is refused elsewhere. */
export const previewGrowth = (net: Net, growth: Growth, exact: boolean): GrownPreview => {
  const last = sitePath(growth)
  return isGrowth(growth)
    ? pipe(
        infer(net),
        E.flatMap(growNet(withFreshName(net)(growth), { init: exact ? 'preserve' : 'scratch', exact })),
        E.match(
          () => ({ net, last }),
          ({ net: larger, grown: [at = last] }) => ({ net: larger.net, last: at }),
        ),
      )
    : { net, last }
}
