/** Where the time of a call goes: each operation alone, on one thread. */
import type { Kind } from '../../graph/graph.js'
import { macsOf } from '../../graph/macs.js'
import { sumBy } from '../../io/count.js'
import type { Shape } from '../../net/shape.js'
import { type CallToProfile, type KindTime, sumByKind } from '../profile.js'
import { binary } from './binary.js'
import { WebAssembly } from './host.js'
import type { Step } from './planning/buffers.js'
import type { Operation } from './planning/layout.js'
import { emptyPool } from './pool.js'
import { placeProgram, requireCall, writeFeeds, writeVariables } from './session.js'
import type { Kernels } from './threads.js'

/** What one operation costs. */
export interface OperationCost {
  readonly kind: Kind
  /** Of its result. */
  readonly shape: Shape
  /** The kernels that compute it, and the least time of each, in ms. */
  readonly kernels: readonly { readonly kernel: string; readonly ms: number }[]
  /** Multiply–accumulates of a product, by its definition; 0 of all else. */
  readonly macs: number
  /** Of the temporaries that it reads or writes, each once. */
  readonly bytes: number
}

const runKernel = (kernels: Kernels, { kernel, units, args }: Step): void => {
  kernels[kernel]?.(0, units, ...args)
}

/** The time of each kernel of an operation. */
const timeKernels =
  (kernels: Kernels) =>
  ({ steps }: Operation): readonly number[] =>
    steps.map(step => {
      const start = performance.now()
      runKernel(kernels, step)
      return performance.now() - start
    })

const costOf = (
  { value, steps, bytes }: Operation,
  rounds: readonly (readonly number[])[],
): OperationCost => ({
  kind: value.op.kind,
  shape: value.shape,
  kernels: steps.map(({ kernel }, nth) => ({
    kernel,
    ms: Math.min(...rounds.map(times => times[nth] ?? Infinity)),
  })),
  macs: macsOf(value),
  bytes,
})

/**
 * Runs a call again and again on this thread, its updates included, and times every kernel.
 *
 * Law  as many costs as operations, in the order in which they run
 */
export const profileCall = async ({
  program,
  call,
  feeds,
  weights,
  constants,
  rounds,
}: CallToProfile): Promise<readonly OperationCost[]> => {
  const { plan, memory, heap } = placeProgram(program, 1, emptyPool())
  const module = await WebAssembly.compile(Buffer.from(binary, 'base64'))
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels // as kernels/index.ts exports them
  kernels.begin?.(plan.scratch(0))
  const planned = requireCall(plan, call)
  writeVariables(heap, plan, { ...constants, ...weights })
  for (const step of plan.preparation) runKernel(kernels, step)
  const times = Array.from({ length: rounds }, () => {
    writeFeeds(heap, planned, feeds)
    return planned.operations.map(timeKernels(kernels))
  })
  return planned.operations.map((operation, nth) =>
    costOf(
      operation,
      times.map(round => round[nth] ?? []),
    ),
  )
}

/** What the operations of each kind take on one thread. */
export const profileKinds = async (call: CallToProfile): Promise<readonly KindTime[]> =>
  sumByKind(
    (await profileCall(call)).map(({ kernels, ...cost }) => ({
      ...cost,
      milliseconds: sumBy(kernels, ({ ms }) => ms),
    })),
  )
