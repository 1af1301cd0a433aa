/** The kernel calls of a plan, given the addresses of its buffers. */
import type { Locate } from '../emitters/emitter.js'
import type { Buffer, Step } from './buffers.js'
import type { Plan, Task } from './plan.js'

type AddressOf = (buffer: Buffer) => number

const locateBy =
  (addressOf: AddressOf): Locate =>
  ({ buffer, offset }) =>
    addressOf(buffer) + offset

/** The preparations of a task whose results are kept, or those that every call repeats. */
const preparations = ({ prepared }: Task, addressOf: AddressOf, kept: boolean): readonly Step[] =>
  prepared
    .filter(({ buffer }) => buffer.fixed === kept)
    .map(({ preparation, buffer }) => preparation.step(locateBy(addressOf), addressOf(buffer)))

const stepsOf = ({ emitted, work, prepared }: Task, addressOf: AddressOf): readonly Step[] =>
  emitted.steps(
    locateBy(addressOf),
    work.map(addressOf),
    prepared.map(({ buffer }) => addressOf(buffer)),
  )

/** The kernel calls of each task. */
export const link = ({ tasks }: Plan, addressOf: AddressOf): readonly (readonly Step[])[] =>
  tasks.map(task => [...preparations(task, addressOf, false), ...stepsOf(task, addressOf)])

/** The kernel calls that compute all that is fixed. */
export const linkPreparation = ({ fixedTasks, tasks }: Plan, addressOf: AddressOf): readonly Step[] => [
  ...fixedTasks.flatMap(task => [...preparations(task, addressOf, true), ...stepsOf(task, addressOf)]),
  ...tasks.flatMap(task => preparations(task, addressOf, true)),
]
