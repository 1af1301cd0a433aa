/** Where the time of a call goes: each operation alone, on one thread. */
import type { Kind, Program, Value } from '../../graph/graph.js'
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import type { Feeds } from '../engine.js'
import { binary } from './binary.js'
import { shapeOf } from './emitters/emitter.js'
import { WebAssembly } from './host.js'
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

/** Multiply–accumulates of a product, by its definition; 0 of all else. */
export const macsOf = (value: Value): number => {
  const [first, second] = [shapeOf(value, 0), shapeOf(value, 1)]
  const columnsOf = (kernel: Shape): number => sizeOf(kernel) / channelsOf(kernel)
  const tapsOf = ([height = 1, width = 1]: Shape): number => height * width
  switch (value.op.kind) {
    case 'conv':
      return sizeOf(value.shape) * columnsOf(second)
    case 'convInput':
      return sizeOf(first) * columnsOf(second)
    case 'convKernel':
      return sizeOf(first) * columnsOf(value.shape)
    case 'depthwise':
      return sizeOf(value.shape) * tapsOf(second)
    case 'depthwiseInput':
      return sizeOf(first) * tapsOf(second)
    case 'depthwiseKernel':
      return sizeOf(first) * tapsOf(value.shape)
    case 'matmul':
      return sizeOf(value.shape) * (first[value.op.transposeA ? 0 : 1] ?? 1)
    default:
      return 0
  }
}

/** The time of each kernel of an operation. */
const timeKernels =
  (kernels: Kernels) =>
  ({ steps }: Operation): readonly number[] =>
    steps.map(({ kernel, units, args }) => {
      const start = performance.now()
      kernels[kernel]?.(0, units, ...args)
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

/** One call of a program, and how often to run it. */
export interface Profiled {
  readonly program: Program
  readonly call: string
  readonly feeds: Feeds
  /** What variables begin with. */
  readonly weights: Weights
  readonly rounds: number
}

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
  rounds,
}: Profiled): Promise<readonly OperationCost[]> => {
  const { plan, memory, heap } = placeProgram(program, 1, emptyPool())
  const module = await WebAssembly.compile(Buffer.from(binary, 'base64'))
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels // as kernels/index.ts exports them
  kernels.begin?.(plan.scratch(0))
  const planned = requireCall(plan, call)
  writeVariables(heap, plan, weights)
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
