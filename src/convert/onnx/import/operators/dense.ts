/** Gemm and MatMul: dense layers, or 1×1 convolutions where each position of a map is multiplied. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { channelsOf, sizeOf } from '../../../../net/shape.js'
import { placeRows, transposeNumbers } from '../arrays.js'
import { type Constant, uniformValue } from '../constant.js'
import type { LeafWeights, MakeTensor } from '../draft.js'
import { asVector, inOrder } from '../shape-layers.js'
import type { Read, Site } from '../site.js'
import type { Live } from '../value.js'
import { countOf, dimsOf, isBatch, isWhole, positionsOf, type Span, withChannels } from '../view.js'
import { bareUnit } from './convolution.js'

/** A matrix [inputs, outputs], or its transpose, times a factor. */
interface Matrix {
  readonly constant: Constant
  readonly isTransposed: boolean
  readonly factor: number
  readonly outputs: number
}

const matrixInput = (site: Site, inputs: number, isTransposed: boolean, factor: number): Read<Matrix> =>
  pipe(
    site.weight(1),
    E.flatMap((constant): Read<Matrix> => {
      const [rows = 0, columns = 0] = isTransposed ? constant.dims.toReversed() : constant.dims
      return constant.dims.length === 2 && rows === inputs && columns > 0
        ? E.right({ constant, isTransposed, factor, outputs: columns })
        : site.differs('input 1', `a matrix of ${inputs} rows`, constant.dims.join(' × '))
    }),
  )

/** The kernel whose rows are in the order of our inputs. */
const kernelTensor =
  (
    { constant, isTransposed, factor, outputs }: Matrix,
    spans: readonly Span[],
    isConv: boolean,
  ): MakeTensor =>
  () => {
    const data = constant.read()
    const rows = isTransposed ? transposeNumbers(data, constant.dims, [1, 0]) : data
    const positions = positionsOf(spans)
    const shape = [...(isConv ? [1, 1] : []), positions.length, outputs]
    return { shape, data: placeRows(rows, positions, outputs, factor) }
  }

const addDense = (site: Site, from: Live, axis: number, matrix: Matrix, bias: LeafWeights): Live => {
  const { outputs } = matrix
  return site.draft.addLeaf(
    site.node,
    from,
    { _tag: 'dense', units: outputs, ...bareUnit('bias' in bias) },
    { kernel: kernelTensor(matrix, from.view[axis] ?? [], false), ...bias },
    { shape: [outputs], view: withChannels(from.view, axis, 0, outputs) },
  )
}

/** A value as a matrix [n, features]: a map is flattened. */
const featuresInput = (site: Site): Read<Live> =>
  pipe(
    site.live(0),
    E.flatMap(value => asVector(site, inOrder(site, value))),
    E.flatMap(value => {
      const { shape, view } = value
      const [batch = [], features = []] = view
      return view.length === 2 && isBatch(batch) && countOf(features) === channelsOf(shape)
        ? E.right(value)
        : site.differs('input 0', 'a matrix [n, features]', dimsOf(view).join(' × '))
    }),
  )

/** The bias of a Gemm, as many numbers as outputs or one for all; times `beta`. */
const gemmBias = (site: Site, outputs: number): Read<LeafWeights> => {
  if (!site.hasInput(2)) return E.right({})
  const beta = site.float('beta', 1)
  return pipe(
    site.constant(2),
    E.flatMap((constant): Read<LeafWeights> => {
      const size = sizeOf(constant.dims)
      const data = () => Float32Array.from(constant.read(), value => beta * value)
      if (size === outputs && constant.dims.at(-1) === outputs)
        return E.right({ bias: () => ({ shape: [outputs], data: data() }) })
      const value = size === 1 ? uniformValue(constant) : null
      return value === null
        ? site.differs('input 2', `a bias of ${outputs}`, constant.dims.join(' × '))
        : E.right({ bias: beta * value })
    }),
  )
}

/** Shapes  [n, in] × [in, out] → [n, out] */
export const gemm = (site: Site): Read<readonly Live[]> =>
  pipe(
    E.Do,
    E.filterOrElse(
      () => site.int('transA', 0) === 0,
      () => site.misfit('transA', '0', '1'),
    ),
    E.bind('from', () => featuresInput(site)),
    E.bind('matrix', ({ from }) =>
      matrixInput(site, channelsOf(from.shape), site.int('transB', 0) === 1, site.float('alpha', 1)),
    ),
    E.bind('bias', ({ matrix }) => gemmBias(site, matrix.outputs)),
    E.map(({ from, matrix, bias }) => [addDense(site, from, 1, matrix, bias)]),
  )

const addPointwise = (site: Site, from: Live, axis: number, matrix: Matrix): Live => {
  const { outputs } = matrix
  const window = { kernel: 1, stride: 1, dilation: 1, padding: 'valid' as const }
  return site.draft.addLeaf(
    site.node,
    from,
    { _tag: 'conv', filters: outputs, groups: 1, ...window, ...bareUnit(false) },
    { kernel: kernelTensor(matrix, from.view[axis] ?? [], true) },
    { shape: [...from.shape.slice(0, -1), outputs], view: withChannels(from.view, axis, 2, outputs) },
  )
}

/** The last ONNX axis, where it counts through all channels of a map and the positions have axes of their own. */
const pointwiseAxis = ({ shape, view }: Live): number | null => {
  const axis = view.length - 1
  return shape.length === 3 && axis > 1 && isWhole(view[axis] ?? [], shape, 2) ? axis : null
}

/** A vector that ONNX sees with further axes of size 1. */
const isLoneVector = ({ shape, view }: Live): boolean =>
  shape.length === 1 && view.slice(0, -1).every(isBatch) && countOf(view.at(-1) ?? []) === channelsOf(shape)

const multiplyPositions = (site: Site, value: Live, axis: number): Read<Live> =>
  pipe(
    matrixInput(site, channelsOf(value.shape), false, 1),
    E.map(matrix => addPointwise(site, value, axis, matrix)),
  )

const multiplyVector = (site: Site, value: Live): Read<Live> =>
  pipe(
    isLoneVector(value) ? E.right(value) : featuresInput(site),
    E.bindTo('vector'),
    E.bind('matrix', ({ vector }) => matrixInput(site, channelsOf(vector.shape), false, 1)),
    E.map(({ vector, matrix }) => addDense(site, vector, vector.view.length - 1, matrix, {})),
  )

const multiply = (site: Site, value: Live): Read<Live> => {
  const axis = pointwiseAxis(value)
  return axis === null ? multiplyVector(site, value) : multiplyPositions(site, value, axis)
}

/** Shapes  [n, …, in] × [in, out] → [n, …, out] */
export const matMul = (site: Site): Read<readonly Live[]> =>
  pipe(
    site.live(0),
    E.map(value => inOrder(site, value)),
    E.flatMap(value => multiply(site, value)),
    E.map(output => [output]),
  )
