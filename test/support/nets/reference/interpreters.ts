/** Each operation as its definition reads. */
import type { Kind, OpOf, Value } from '../../../../src/graph/graph.js'
import { slotsOf } from '../../../../src/graph/graph.js'
import { at, blank, bump, byRow, count, each, last, type Numbers, type Shape, source } from './arrays.js'
import { erf, inverted, moments, scaled, softmax, standardised } from './functions.js'
import { channelProducts, forward, pooled, products, tapsOf, toInput, toKernel, winners } from './windows.js'

export type Given = Readonly<Record<string, Float64Array | Float32Array>>

export interface Context {
  readonly feeds: Given
  readonly before: Given
  /** Variables as the updates so far have left them. */
  readonly after: Map<string, Numbers>
}

/** Rewrites a variable, value by value. */
const changed = (
  { after }: Context,
  name: string,
  shape: Shape,
  f: (old: number, index: number) => number,
): Numbers => {
  const next = (after.get(name) ?? blank(shape)).map((old, i) => f(old, i))
  after.set(name, next)
  return next
}

const binary =
  (f: (a: number, b: number) => number) =>
  ({ inputs: [a, b], shape }: Value, [as, bs]: Numbers[]) => [
    blank(shape).map((_, i) =>
      f(at(as, source(i, shape, a?.shape ?? [])), at(bs, source(i, shape, b?.shape ?? []))),
    ),
  ]

const unary =
  (f: (x: number) => number) =>
  (_: Value, [xs]: Numbers[]) => [(xs ?? blank([0])).map(x => f(x))]

const passed = (_: Value, [xs]: Numbers[]) => [Float64Array.from(xs ?? [])]

export type Interpreter<K extends Kind> = (
  value: Value & { readonly op: OpOf<K> },
  inputs: Numbers[],
  context: Context,
) => Numbers[]

export const interpreters: { readonly [K in Kind]: Interpreter<K> } = {
  input: ({ op: { name } }, _, { feeds }) => [Float64Array.from(feeds[name] ?? [])],
  weight: ({ op: { name }, shape }, _, { before }) => [Float64Array.from(before[name] ?? blank(shape))],
  constant: ({ op: { value } }) => [Float64Array.of(value)],
  eye: ({ shape: [size = 0] }) => [
    Float64Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
  ],
  part: () => [],
  conv: forward(products),
  convInput: toInput(products),
  convKernel: toKernel(products),
  depthwise: forward(channelProducts),
  depthwiseInput: toInput(channelProducts),
  depthwiseKernel: toKernel(channelProducts),
  matmul: ({ op: { transposeA, transposeB }, inputs: [a, b], shape }, [as, bs]) => {
    const [rows = 0, columns = 0] = shape
    const inner = a?.shape[transposeA ? 0 : 1] ?? 0
    const y = blank(shape)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        for (let k = 0; k < inner; k++) {
          const left = at(as, transposeA ? k * (a?.shape[1] ?? 0) + i : i * inner + k)
          const right = at(bs, transposeB ? j * (b?.shape[1] ?? 0) + k : k * columns + j)
          bump(y, i * columns + j, left * right)
        }
    return [y]
  },
  batchNorm: ({ op: { epsilon }, shape }, [xs = blank([0]), scale, shift]) => {
    const channels = last(shape)
    const rows = xs.length / channels
    const { mean, variance } = moments(xs, channels)
    const y = scaled(standardised(xs, mean, variance, epsilon), scale, shift, channels)
    return [y, mean, variance.map(v => (v * rows) / Math.max(rows - 1, 1))]
  },
  batchNormGrad: ({ op: { epsilon }, shape }, [dy = blank([0]), xs = blank([0]), scale]) => {
    const channels = last(shape)
    const rows = xs.length / channels
    const { mean, variance } = moments(xs, channels)
    const unit = standardised(xs, mean, variance, epsilon)
    const dscale = blank([channels])
    const dshift = blank([channels])
    each(dy, (d, i) => {
      bump(dscale, i % channels, d * at(unit, i))
      bump(dshift, i % channels, d)
    })
    const dx = dy.map((d, i) => {
      const c = i % channels
      const slope = at(scale, c) / Math.sqrt(at(variance, c) + epsilon)
      return slope * (d - at(dshift, c) / rows - (at(unit, i) * at(dscale, c)) / rows)
    })
    return [dx, dscale, dshift]
  },
  normalise: ({ op: { epsilon }, shape }, [xs = blank([0]), scale, shift, mean = xs, variance = xs]) => [
    scaled(standardised(xs, mean, variance, epsilon), scale, shift, last(shape)),
  ],
  maxPool: ({ op: { window }, inputs: [x], shape }, [xs]) => [
    Float64Array.from(winners(x?.shape ?? [], shape, window, xs), xi => at(xs, xi)),
  ],
  maxPoolGrad: ({ op: { window }, inputs: [dy], shape }, [ds, xs]) => {
    const dx = blank(shape)
    each(winners(shape, dy?.shape ?? [], window, xs), (xi, yi) => bump(dx, xi, at(ds, yi)))
    return [dx]
  },
  avgPool: ({ op: { window, countPadding }, inputs: [x], shape }, [xs]) => {
    const y = blank(shape)
    const counts = tapsOf(x?.shape ?? [], shape, window, countPadding)
    pooled(x?.shape ?? [], shape, window, (xi, yi) => bump(y, yi, at(xs, xi) / at(counts, yi)))
    return [y]
  },
  avgPoolGrad: ({ op: { window, countPadding }, inputs: [dy], shape }, [ds]) => {
    const dx = blank(shape)
    const counts = tapsOf(shape, dy?.shape ?? [], window, countPadding)
    pooled(shape, dy?.shape ?? [], window, (xi, yi) => bump(dx, xi, at(ds, yi) / at(counts, yi)))
    return [dx]
  },
  relu: unary(x => Math.max(x, 0)),
  relu6: unary(x => Math.min(Math.max(x, 0), 6)),
  sigmoid: unary(x => 1 / (1 + Math.exp(-x))),
  tanh: unary(Math.tanh),
  erf: unary(erf),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  square: unary(x => x * x),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  neg: unary(x => -x),
  reluGrad: (_, [dy = blank([0]), y]) => [dy.map((d, i) => (at(y, i) > 0 ? d : 0))],
  relu6Grad: (_, [dy = blank([0]), y]) => [dy.map((d, i) => (at(y, i) > 0 && at(y, i) < 6 ? d : 0))],
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  minimum: binary(Math.min),
  maximum: binary(Math.max),
  greater: binary((a, b) => (a > b ? 1 : 0)),
  sum: ({ op: { axes }, inputs: [x], shape }, [xs]) => {
    const full = x?.shape ?? []
    const kept = full.map((size, axis) => (axes.includes(axis) ? 1 : size))
    const y = blank(shape)
    each(xs, (value, i) => bump(y, source(i, full, kept), value))
    return [y]
  },
  reshape: passed,
  broadcast: ({ inputs: [x], shape }, [xs]) => [
    blank(shape).map((_, i) => at(xs, source(i, shape, x?.shape ?? []))),
  ],
  concat: ({ inputs, shape }, values) => {
    const rows = count(shape) / last(shape)
    const row = (n: number) =>
      inputs.flatMap((x, nth) => [...(values[nth]?.slice(n * last(x.shape), (n + 1) * last(x.shape)) ?? [])])
    return [Float64Array.from(Array.from({ length: rows }, (_, n) => row(n)).flat())]
  },
  shuffle: ({ op: { groups }, shape }, [xs]) => [
    byRow(xs, last(shape), row =>
      row.map((_, i) => row[(i % groups) * (last(shape) / groups) + Math.floor(i / groups)] ?? Number.NaN),
    ),
  ],
  slice: ({ op: { from }, inputs: [x], shape }, [xs]) => [
    byRow(xs, last(x?.shape ?? []), row => row.slice(from, from + last(shape))),
  ],
  softmax: ({ shape }, [xs]) => [byRow(xs, last(shape), softmax)],
  crossEntropy: ({ inputs: [logits] }, [xs, targets]) => {
    const classes = last(logits?.shape ?? [])
    const likely = byRow(xs, classes, softmax)
    const loss = byRow(xs, classes, row => {
      const top = Math.max(...row)
      const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0)) + top
      return row.map(x => total - x)
    })
    const rows = blank([loss.length / classes])
    each(loss, (l, i) => bump(rows, Math.floor(i / classes), l * at(targets, i)))
    return [rows, likely.map((p, i) => p - at(targets, i))]
  },
  inverse: ({ shape }, [xs = blank([0])]) => [inverted(xs, last(shape))],
  largest: ({ op: { count } }, [xs = blank([0])]) => {
    const floor = at(xs.toSorted().toReversed(), count - 1)
    return [xs.map(x => (x >= floor ? 1 : 0))]
  },
  stop: passed,
  allReduce: passed,
  assign: ({ op: { name }, shape }, [xs], context) => [changed(context, name, shape, (_, i) => at(xs, i))],
  average: ({ op: { name, keep }, shape }, [xs], context) => [
    changed(context, name, shape, (old, i) => keep * old + (1 - keep) * at(xs, i)),
  ],
  momentum: ({ op, shape }, [gradient, rate], context) => {
    const [velocity = ''] = slotsOf(op)
    const v = changed(context, velocity, shape, (old, i) => op.momentum * old + at(gradient, i))
    const way = (i: number) => (op.nesterov ? at(gradient, i) + op.momentum * at(v, i) : at(v, i))
    return [changed(context, op.name, shape, (old, i) => old - at(rate, 0) * way(i))]
  },
  adam: ({ op, shape }, [gradient, rate, power1, power2], context) => {
    const [first = '', second = ''] = slotsOf(op)
    const m = changed(context, first, shape, (old, i) => op.beta1 * old + (1 - op.beta1) * at(gradient, i))
    const v = changed(
      context,
      second,
      shape,
      (old, i) => op.beta2 * old + (1 - op.beta2) * at(gradient, i) ** 2,
    )
    const step = (at(rate, 0) * Math.sqrt(1 - at(power2, 0))) / (1 - at(power1, 0))
    return [
      changed(
        context,
        op.name,
        shape,
        (old, i) => old - (step * at(m, i)) / (Math.sqrt(at(v, i)) + op.epsilon),
      ),
    ]
  },
}
