/** Averages of the weights along a training, kept as slots in the same graph. */
import { isUpdate, type Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { Average } from '../options.js'

/** How much the weights of this step count in the average, and whether the average takes their place: 0 or 1. */
const blendInput = op.input('blend', [])
const copyInput = op.input('copy', [])

/** a · (1 − share) + b · share: exactly a at 0, and b at 1. */
const blend = (a: Value, b: Value, share: Value): Value =>
  op.add(op.mul(a, op.sub(1, share)), op.mul(b, share))

const averageUpdate = (update: Value): readonly Value[] => {
  const key = isUpdate(update.op) ? update.op.name : ''
  const average = op.weight(`${key}/average`, update.shape)
  const blended = op.assign(`${key}/average`, blend(average, update, blendInput))
  return [blended, op.assign(key, blend(update, blended, copyInput))]
}

/** The updates of a step, with an average of each variable they change, running statistics among them. */
export const averageUpdates =
  (average: Average | null) =>
  (updates: readonly Value[]): readonly Value[] =>
    average === null ? updates : updates.flatMap(averageUpdate)

/** Source  the cubic rise of a lookahead's memory: Jordan 2024 */
const memoryOf = ({ every, decay, lookahead }: Average, share: number): number =>
  decay ** every * (lookahead ? share ** 3 : 1)

/** The inputs of the averages at each step: the first step's weights begin them, the last step ends in them. */
export const averageFeeds =
  (average: Average | null) =>
  (step: number, steps: number): Readonly<Record<string, Float32Array>> => {
    if (average === null) return {}
    const [count, isLast] = [step + 1, step + 1 === steps]
    const isDue = isLast || count % average.every === 0
    const share = step === 0 ? 1 : isDue ? 1 - memoryOf(average, count / steps) : 0
    const copies = average.lookahead ? isDue : isLast
    return { blend: Float32Array.of(share), copy: Float32Array.of(copies ? 1 : 0) }
  }
