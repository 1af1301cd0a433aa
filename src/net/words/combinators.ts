/** The words that combine layers: in series, side by side, or with a shortcut. Functions over them are new words. */

import { numberedNames } from '../../io/text/unique-names.js'
import { type Activation, activationName } from '../activation.js'
import { mostLayers } from '../limits/limits.js'
import type { Shape } from '../shape.js'
import type { Extent, Layer, Net, Stack } from '../tree.js'
import { type ConvBnActOptions, convBnAct, depthwiseBnAct, maxPool } from './leaves.js'
import { optionsOf, unknownIn, withArity } from './options.js'
import type { AnyWord, Fit, MapWord, NetWords, SomeWord, StackWord } from './types.js'

const kindOf = (layer: Layer): string =>
  layer._tag === 'activate'
    ? activationName(layer.activation)
    : layer._tag === 'own'
      ? layer.layer
      : layer._tag

const rename = (name: string, layer: Layer): Layer => Object.freeze({ ...layer, name })

/** Callers without types may leave a layer out, or give the word for it, which is for the check of the whole to say. */
const nameOf = (layer: Layer | undefined): string | undefined =>
  typeof layer === 'object' ? layer?.name : undefined

/** Gives each unnamed layer its kind as its name, numbered from the second of a kind on. */
export const nameLayers = (layers: readonly Layer[]): readonly Layer[] => {
  const names = new Set(layers.map(nameOf))
  const unusedName = numberedNames(name => names.has(name))
  return layers.map(layer => {
    if (nameOf(layer) !== '') return layer
    const name = unusedName(kindOf(layer))
    names.add(name)
    return rename(name, layer)
  })
}

const series = (name: string, layers: readonly Layer[], rest: object = {}): Stack =>
  Object.freeze({ _tag: 'stack' as const, name, layers: Object.freeze(nameLayers(layers)), ...rest })

/** The same layer under another name. Shapes  those of the layer */
export const withName = withArity(
  2,
  <W extends SomeWord>(name: string, word: W): W => rename(name, word) as W,
)

/**
 * Layers one after another.
 *
 * Shapes  that of the first's input → that of the last's output
 * Law  a rank that does not fit the next layer is a type error; a size that does not, an error of `infer`
 */
export const stack = <const Words extends readonly SomeWord[]>(
  name: string,
  ...layers: Words & Fit<Words>
): StackWord<Words> => series(name, layers) as StackWord<Words> // the rank is a phantom: only the type checker carries it

/** The identity: its output is its input. Shapes  any → the same */
export const identity: AnyWord = Object.freeze({ _tag: 'stack', name: 'identity', layers: [] })

/**
 * Branches side by side on the same map, their channels concatenated in this order.
 *
 * Shapes  [h, w, c] → [h′, w′, the sum of the branches' channels]; all branches give one height and width
 */
export const concat = (name: string, ...branches: readonly (MapWord | AnyWord)[]): MapWord =>
  Object.freeze({ _tag: 'concat' as const, name, branches: Object.freeze(nameLayers(branches)) })

/** Options of `residual`. */
export interface ResidualOptions {
  /** The layer between the input and the sum; by default the identity. */
  readonly shortcut?: MapWord | AnyWord
  /** Applied to the sum; by default none. */
  readonly activation?: Activation | null
}

/**
 * The body's output plus its input (or the shortcut's output).
 *
 * Shapes  body and shortcut give one shape, which is the output's
 */
export const residual = withArity(
  3,
  (name: string, body: MapWord | AnyWord, options: ResidualOptions = {}): MapWord => {
    const { shortcut = identity, activation = null, ...rest } = optionsOf(options)
    return Object.freeze({
      _tag: 'residual' as const,
      name,
      body: withName('body', body),
      shortcut: withName('shortcut', shortcut),
      activation,
      ...unknownIn(rest),
    })
  },
)

/**
 * The sum of the outputs of several layers that read the same input; it becomes nested residuals, with the last layer
 * as a shortcut.
 *
 * Shapes  all give one shape, which is the output's
 *
 * @example
 * sum('join', conv(8, 1), conv(8, 3), identity)
 */
export const sum = (
  name: string,
  first: MapWord | AnyWord,
  second: MapWord | AnyWord,
  ...others: readonly (MapWord | AnyWord)[]
): MapWord => {
  const [third, ...rest] = others
  return residual(name, first, {
    shortcut: third === undefined ? second : sum('shortcut', second, third, ...rest),
  })
}

const isRepeatable = (times: number): boolean =>
  Number.isSafeInteger(times) && times >= 0 && times <= mostLayers

/**
 * `times` copies one after another, named 1, 2, …; a function makes each from its number, counted from 0.
 *
 * Shapes  that of the first's input → that of the last's output
 */
export const repeat = withArity(
  3,
  <W extends MapWord | AnyWord>(name: string, times: number, unit: W | ((nth: number) => W)): W =>
    series(
      name,
      Array.from({ length: isRepeatable(times) ? times : 0 }, (_, nth) =>
        withName(`${nth + 1}`, typeof unit === 'function' ? unit(nth) : unit),
      ),
      isRepeatable(times) ? {} : { times }, // such a stack is refused
    ) as W, // a series of words of one rank has that rank
)

/** The four branches of a basic Inception module; those left out are not built. */
export interface InceptionOptions {
  /** Filters of the 1×1 branch. */
  readonly point?: number
  /** The 3×3 branch: filters of its 1×1 reduction, filters of its 3×3. */
  readonly three?: readonly [reduce: number, filters: number]
  /** The 5×5 branch, as two 3×3: filters of its 1×1 reduction and of the 3×3s, the second by default as many as the first. */
  readonly five?:
    | readonly [reduce: number, filters: number]
    | readonly [reduce: number, first: number, second: number]
  /** The 3×3 max-pooling branch: filters of the 1×1 behind it. */
  readonly pool?: number
}

const moduleKeys = ['point', 'three', 'five', 'pool'] as const satisfies readonly (keyof InceptionOptions)[]

/**
 * The basic Inception module: 1×1, 3×3, 5×5 and pooling branches side by side.
 *
 * Shapes  [h, w, c] → [h, w, point + three + five + pool]
 * Source  Szegedy et al. 2015; each 5×5 as two 3×3 as in Tian, Arbel, Clark 2021
 */
export const inception = withArity(2, (name: string, module: InceptionOptions): MapWord => {
  const { point, three, five, pool, ...rest } = optionsOf(module)
  const branches = [
    ...(point === undefined ? [] : [convBnAct(point, 1, { name: 'point' })]),
    ...(three === undefined
      ? []
      : [stack('three', convBnAct(three[0], 1, { name: 'reduce' }), convBnAct(three[1], 3))]),
    ...(five === undefined
      ? []
      : [
          stack(
            'five',
            convBnAct(five[0], 1, { name: 'reduce' }),
            convBnAct(five[1], 3),
            convBnAct(five[2] ?? five[1], 3),
          ),
        ]),
    ...(pool === undefined ? [] : [stack('pool', maxPool(3, { stride: 1 }), convBnAct(pool, 1))]),
  ]
  return Object.freeze({ ...concat(name, ...branches), ...unknownIn(rest, moduleKeys) })
})

/** A depthwise unit, then a 1×1 unit. Shapes  [h, w, c] → [h/stride, w/stride, filters]. Source  Howard et al. 2017 */
export const separable = withArity(
  3,
  (filters: number, kernel: Extent = 3, options: ConvBnActOptions = {}): MapWord => {
    const { name = '', ...window } = optionsOf(options)
    return stack(
      name,
      depthwiseBnAct(kernel, { ...window, name: 'depthwise' }),
      convBnAct(filters, 1, { name: 'point' }),
    )
  },
)

/**
 * A net: its name, its input, the layers in order; the last gives a vector of one number for each class.
 *
 * Shapes  [h, w, c] → [classes]
 * @example
 * net('tiny', image(28, 28, 1), convBnAct(8), maxPool(), globalAvgPool, dense(10))
 */
export const net = <const Words extends readonly SomeWord[]>(
  name: string,
  input: Shape,
  ...layers: Words & NoInfer<NetWords<Words>>
): Net => Object.freeze({ _tag: 'net' as const, name, input, body: series('', layers) })
