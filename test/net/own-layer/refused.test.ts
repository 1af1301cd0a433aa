/** A user's own layer that is wrong is refused in one line. */
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import * as op from '../../../src/graph/operations.js'
import { type LayerDefinition, layer } from '../../../src/graph/own-layer.js'
import { infer } from '../../../src/net/infer.js'
import type { Net } from '../../../src/net/tree.js'
import { net, stack } from '../../../src/net/words/combinators.js'
import { conv, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import type { AnyWord } from '../../../src/net/words/types.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { scaleAgain } from './grn.js'

const fate = (word: Parameters<typeof net>[2]): string => {
  const found = infer(net('n', image(4, 4, 3), conv(2), word, globalAvgPool, dense(2)) as Net)
  return E.isLeft(found) ? renderMessage(found.left) : 'fits'
}

/** A layer that is computed like this. */
const mixing = (lower: LayerDefinition['lower']) => layer('bad', () => ({ channels: 'mixed', lower }))()

test.each<[string, AnyWord, string]>([
  [
    'throws',
    mixing(() => {
      throw new Error('no such thing')
    }),
    "layer 'bad': expected a result, got an error (no such thing)",
  ],
  [
    'gives a value of another rank',
    mixing(x => op.reshape(x, [2, 4, 8])),
    "layer 'bad', result: shape: expected a map or a vector, got [4,8]; try correcting the function",
  ],
  [
    'gives one value for all images',
    mixing(x => op.mean(x, [0], true)),
    "layer 'bad': expected a result, got an error (expected an output for each of 2 images, got the shape [1, 4, 4, 2])",
  ],
  [
    'reads a weight that it has not',
    layer('bad', () => ({
      channels: 'same',
      weights: { shift: 0 },
      lower: (x, { scale }) => op.mul(x, scale),
    }))(),
    /^layer 'bad': expected a result, got an error \(/,
  ],
  ['gives nothing', mixing(() => undefined as never), /^layer 'bad': expected a result, got an error \(/],
  [
    'has other channels than it says',
    layer('bad', () => ({ channels: 'same', lower: x => op.slice(x, 0, 1) }))(),
    "layer 'bad', result: shape: expected a map or a vector of 2 channels, as the input has, got [4,4,1]; try correcting the function",
  ],
  ['has an option that no file holds', scaleAgain({ init: [1] as never }), /options/],
  [
    'has the name of another',
    stack(
      's',
      mixing(x => x),
      mixing(x => op.mul(x, 2)),
    ),
    "layer 'bad': expected one function of this name, got two; try a name for each",
  ],
] as never)('what %s is refused in one line', (_, word, expected) => {
  expect(fate(word as never)).toMatch(expected)
})
