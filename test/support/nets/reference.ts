/**
 * The independent oracle: graphs interpreted in float64 by plain loops, each as its definition reads.
 * Nothing is shared with an engine but the operations' own types.
 */
import type { Graph, Kind, OpOf, PoolWindow, Value, Window } from '../../../src/graph/graph.js'
import { slotsOf, valuesOf } from '../../../src/graph/graph.js'
import type { Extent } from '../../../src/net/tree.js'

type Numbers = Float64Array<ArrayBuffer>
type Shape = readonly number[]
export type Given = Readonly<Record<string, Float64Array | Float32Array>>

export interface Evaluated {
  readonly outputs: Readonly<Record<string, Float64Array>>
  /** Every variable after the call, those given and not changed among them. */
  readonly variables: Readonly<Record<string, Float64Array>>
}

interface Context {
  readonly feeds: Given
  readonly before: Given
  /** Variables as the updates so far have left them. */
  readonly after: Map<string, Numbers>
}

const count = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)
const blank = (shape: Shape): Numbers => new Float64Array(count(shape))
const at = (values: ArrayLike<number> | undefined, index: number): number => values?.[index] ?? Number.NaN
const last = (shape: Shape): number => shape.at(-1) ?? 1
const bump = (values: Numbers, index: number, by: number): void => {
  values[index] = at(values, index) + by
}

const each = (values: ArrayLike<number> | undefined, visit: (value: number, index: number) => void): void => {
  for (let i = 0; i < (values?.length ?? 0); i++) visit(at(values, i), i)
}

/** Padding before the first position, as TensorFlow has it: the odd one goes behind. */
const lead = (
  axis: 0 | 1,
  side: number,
  places: number,
  size: number,
  { stride, dilation, padding }: Window,
): number => {
  const span = dilation * (size - 1) + 1
  if (padding === 'valid') return 0
  if (padding === 'same') return Math.floor(Math.max((places - 1) * along(stride, axis) + span - side, 0) / 2)
  return typeof padding === 'number' ? padding : padding[axis === 0 ? 0 : 2]
}

/** Of an extent, what it is down or across. */
const along = (extent: Extent, axis: 0 | 1): number => (typeof extent === 'number' ? extent : extent[axis])

/** Each tap of each window that falls on the map: where in x and y it is (without the channel), and which tap. */
const taps = (
  x: Shape,
  y: Shape,
  size: readonly [number, number],
  window: Window,
  visit: (inside: number, outside: number, tap: number) => void,
): void => {
  const [images = 0, height = 0, width = 0] = x
  const [, rows = 0, columns = 0] = y
  const [high, wide] = size
  const top = lead(0, height, rows, high, window)
  const left = lead(1, width, columns, wide, window)
  for (let n = 0; n < images; n++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let i = 0; i < high; i++)
          for (let j = 0; j < wide; j++) {
            const h = row * along(window.stride, 0) + i * window.dilation - top
            const w = column * along(window.stride, 1) + j * window.dilation - left
            if (h < 0 || h >= height || w < 0 || w >= width) continue
            visit((n * height + h) * width + w, (n * rows + row) * columns + column, i * wide + j)
          }
}

/** Every product of a convolution, by its index in x, kernel and y. */
const products = (
  x: Shape,
  kernel: Shape,
  y: Shape,
  window: Window,
  visit: (xi: number, ki: number, yi: number) => void,
): void => {
  const [high = 1, wide = 1, channels = 1, filters = 1] = kernel
  taps(x, y, [high, wide], window, (inside, outside, tap) => {
    for (let c = 0; c < channels; c++)
      for (let f = 0; f < filters; f++)
        visit(inside * channels + c, (tap * channels + c) * filters + f, outside * filters + f)
  })
}

/** Every product of a depthwise convolution. */
const channelProducts = (
  x: Shape,
  kernel: Shape,
  y: Shape,
  window: Window,
  visit: (xi: number, ki: number, yi: number) => void,
): void => {
  const channels = last(x)
  const [high = 1, wide = 1] = kernel
  taps(x, y, [high, wide], window, (inside, outside, tap) => {
    for (let c = 0; c < channels; c++)
      visit(inside * channels + c, tap * channels + c, outside * channels + c)
  })
}

type Products = typeof products

const forward =
  (over: Products) =>
  (
    { op: { window }, inputs: [x, kernel], shape }: Value & { op: { window: Window } },
    [xs, ks]: Numbers[],
  ) => {
    const y = blank(shape)
    over(x?.shape ?? [], kernel?.shape ?? [], shape, window, (xi, ki, yi) =>
      bump(y, yi, at(xs, xi) * at(ks, ki)),
    )
    return [y]
  }

const toInput =
  (over: Products) =>
  (
    { op: { window }, inputs: [dy, kernel], shape }: Value & { op: { window: Window } },
    [ds, ks]: Numbers[],
  ) => {
    const dx = blank(shape)
    over(shape, kernel?.shape ?? [], dy?.shape ?? [], window, (xi, ki, yi) =>
      bump(dx, xi, at(ds, yi) * at(ks, ki)),
    )
    return [dx]
  }

const toKernel =
  (over: Products) =>
  ({ op: { window }, inputs: [dy, x], shape }: Value & { op: { window: Window } }, [ds, xs]: Numbers[]) => {
    const dk = blank(shape)
    over(x?.shape ?? [], shape, dy?.shape ?? [], window, (xi, ki, yi) =>
      bump(dk, ki, at(ds, yi) * at(xs, xi)),
    )
    return [dk]
  }

/** Every tap of a pool that falls on the map, channel by channel. */
const pooled = (x: Shape, y: Shape, window: PoolWindow, visit: (xi: number, yi: number) => void): void => {
  const channels = last(x)
  taps(x, y, [along(window.size, 0), along(window.size, 1)], window, (inside, outside) => {
    for (let c = 0; c < channels; c++) visit(inside * channels + c, outside * channels + c)
  })
}

/** How many taps of each window a mean is over: all, or those that fall on the map. */
const tapsOf = (x: Shape, y: Shape, window: PoolWindow, countPadding: boolean): Numbers => {
  const counts = blank(y)
  if (countPadding) return counts.fill(along(window.size, 0) * along(window.size, 1))
  pooled(x, y, window, (_, yi) => bump(counts, yi, 1))
  return counts
}

/** For each window the index of its first maximum. */
const winners = (x: Shape, y: Shape, window: PoolWindow, xs: Numbers | undefined): Int32Array => {
  const best = new Int32Array(count(y)).fill(-1)
  pooled(x, y, window, (xi, yi) => {
    if (at(best, yi) < 0 || at(xs, xi) > at(xs, at(best, yi))) best[yi] = xi
  })
  return best
}

/** The index in a smaller shape that a flat index of a larger one stretches. */
const source = (index: number, large: Shape, small: Shape): number => {
  let rest = index
  let stride = 1
  let found = 0
  for (let axis = large.length - 1; axis >= 0; axis--) {
    const place = rest % (large[axis] ?? 1)
    rest = Math.floor(rest / (large[axis] ?? 1))
    const size = small[axis - large.length + small.length] ?? 1
    found += size === 1 ? 0 : place * stride
    stride *= size
  }
  return found
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

/** Mean and variance (divided by n) of each channel. */
const moments = (
  xs: Numbers | undefined,
  channels: number,
): { readonly mean: Numbers; readonly variance: Numbers } => {
  const rows = (xs?.length ?? 0) / channels
  const mean = blank([channels])
  const variance = blank([channels])
  each(xs, (x, i) => bump(mean, i % channels, x / rows))
  each(xs, (x, i) => bump(variance, i % channels, (x - at(mean, i % channels)) ** 2 / rows))
  return { mean, variance }
}

const standardised = (xs: Numbers, mean: Numbers, variance: Numbers, epsilon: number): Numbers =>
  xs.map((x, i) => {
    const c = i % mean.length
    return (x - at(mean, c)) / Math.sqrt(at(variance, c) + epsilon)
  })

const scaled = (
  unit: Numbers,
  scale: Numbers | undefined,
  shift: Numbers | undefined,
  channels: number,
): Numbers => unit.map((u, i) => u * at(scale, i % channels) + at(shift, i % channels))

/** Each row of the last axis through `f`. */
const byRow = (xs: Numbers | undefined, size: number, f: (row: Numbers) => Numbers): Numbers => {
  const rows = Array.from({ length: (xs?.length ?? 0) / size }, (_, n) =>
    f(xs?.slice(n * size, (n + 1) * size) ?? blank([0])),
  )
  return Float64Array.from(rows.flatMap(row => [...row]))
}

const softmax = (row: Numbers): Numbers => {
  const top = Math.max(...row)
  const total = row.reduce((sum, x) => sum + Math.exp(x - top), 0)
  return row.map(x => Math.exp(x - top) / total)
}

/** Gauss and Jordan, with the largest pivot. */
const inverted = (xs: Numbers, size: number): Numbers => {
  const rows = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: 2 * size }, (_, j) =>
      j < size ? at(xs, i * size + j) : j - size === i ? 1 : 0,
    ),
  )
  for (let i = 0; i < size; i++) {
    const below = rows.slice(i).map(row => Math.abs(at(row, i)))
    const pivot = i + below.indexOf(Math.max(...below))
    const [upper, lower] = [rows[i] ?? blank([0]), rows[pivot] ?? blank([0])]
    rows[i] = lower
    rows[pivot] = upper
    const head = at(rows[i], i)
    rows[i] = lower.map(x => x / head)
    rows.forEach((row, r) => {
      const factor = at(row, i)
      if (r !== i) rows[r] = row.map((x, j) => x - factor * at(rows[i], j))
    })
  }
  return Float64Array.from(rows.flatMap(row => [...row.slice(size)]))
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

/** 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹/(2n+1)!!, whose terms are all of one sign; beyond 6 it is ±1 in float64. */
const erf = (x: number): number => {
  if (Math.abs(x) > 6) return Math.sign(x)
  let [term, sum] = [x, 0]
  for (let n = 1; n < 200; n++) {
    sum += term
    term *= (2 * x * x) / (2 * n + 1)
  }
  return ((2 / Math.sqrt(Math.PI)) * sum) / Math.exp(x * x)
}

type Interpreter<K extends Kind> = (
  value: Value & { readonly op: OpOf<K> },
  inputs: Numbers[],
  context: Context,
) => Numbers[]

const interpreters: { readonly [K in Kind]: Interpreter<K> } = {
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

/** Changes what an operation gives before others read it. */
export type Disturb = (values: Numbers) => Numbers

/**
 * One call of a graph. Variables not given begin as zeros.
 *
 * Law  nothing given is written to
 */
export const evaluate = (
  graph: Graph,
  feeds: Given,
  variables: Given,
  disturb: Disturb = values => values,
): Evaluated => {
  const after = new Map(Object.entries(variables).map(([name, data]) => [name, Float64Array.from(data)]))
  const context: Context = { feeds, before: variables, after }
  const results = new Map<Value, readonly Numbers[]>()
  for (const value of valuesOf(graph)) {
    const interpret = interpreters[value.op.kind] as Interpreter<Kind> // the kind picks the interpreter
    const inputs = value.inputs.map(input => results.get(input)?.[0] ?? blank([0]))
    const [only] = value.inputs
    const result =
      value.op.kind === 'part' && only !== undefined
        ? [results.get(only)?.[value.op.index] ?? blank([0])]
        : interpret(value as never, inputs, context)
    if (result[0]?.length !== count(value.shape))
      throw new Error(`${value.op.kind}: ${result[0]?.length} values for [${value.shape}]`)
    results.set(value, result.map(disturb))
  }
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, value]) => [name, results.get(value)?.[0] ?? blank([0])]),
  )
  return { outputs, variables: Object.fromEntries(after) }
}
