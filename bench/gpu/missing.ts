/** What keeps TensorFlow from a card, in one line. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type { Diagnosis } from '../../src/engine/doctor.js'
import { commandText } from '../../src/io/text/command-text.js'
import { gpuLines } from '../../src/report/tables/diagnosis.js'

const seesCard = ({ tried }: Diagnosis): boolean =>
  pipe(
    tried,
    O.exists(({ answer }) => E.isRight(answer) && answer.right.gpu),
  )

/** `null` where TensorFlow computes on a card. */
export const missingForGpu = (found: Diagnosis): string | null => {
  if (seesCard(found)) return null
  const why =
    found.gpu.build === null
      ? [
          ...gpuLines(found.gpu),
          `the TensorFlow engine is not built; for GPUs: ${commandText('engine', '--gpu')}`,
        ]
      : gpuLines(found.gpu)
  return `TensorFlow sees no GPU: ${why.join('; ')}; to try this script without one: --device cpu`
}
