/** Measures a latency table on an engine: small nets of one layer beside the same nets without it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine } from '../../engine/engine.js'
import type { Net } from '../../net/tree.js'
import { init } from '../../net/weights.js'
import { channelSlice } from '../../net/words/channels.js'
import { concat, identity, net, residual, stack } from '../../net/words/combinators.js'
import {
  convBnAct,
  dense,
  depthwiseBnAct,
  flatten,
  globalAvgPool,
  image,
  maxPool,
} from '../../net/words/leaves.js'
import type { MapWord } from '../../net/words/types.js'
import type { LearnError } from '../error.js'
import { latencies } from '../evaluation/latency.js'
import type { Grid } from './interpolate.js'
import type { WorkKind } from './layer-work.js'
import type { LatencyTable } from './table.js'

/** The points at which layers are measured. */
export interface TableAxes {
  readonly sides: readonly number[]
  readonly channels: readonly number[]
}

/** From 4×4 to 32×32 pixels, from 4 to 256 channels. */
export const usualAxes: TableAxes = { sides: [4, 10, 32], channels: [4, 16, 64, 256] }

/** The layer to measure and the same net without it; `copies` of the layer lie side by side. */
interface Trial {
  readonly net: Net
  readonly without: Net
  readonly copies: number
}

const first = channelSlice(0, 1)

/** A layer on a map: of its output one channel is read, so that nothing else takes time. */
const onMap = (side: number, channels: number, work: number, layer: MapWord): Trial => {
  const copies = work < smallWork ? fewCopies : 1
  const branches = Array.from({ length: copies }, (_, nth) => stack(`copy${nth}`, layer, first))
  const read = [globalAvgPool, dense(1)] as const
  return {
    net: net('with', image(side, side, channels), concat('copies', ...branches), ...read),
    without: net('without', image(side, side, channels), first, ...read),
    copies,
  }
}

/** Layers of less work, in multiply–accumulates or values, are measured several at once, as a clock is too coarse for one. */
const [smallWork, fewCopies] = [4_000_000, 4]

const onVector = (values: number, units: number): Trial => ({
  net: net('with', image(1, 1, values), flatten, dense(units), dense(1)),
  without: net('without', image(1, 1, values), flatten, dense(1)),
  copies: 1,
})

const sideOf = (pixels: number): number => Math.round(Math.sqrt(pixels))

/** Maps of so many values, 16 to a pixel. */
const mapOf = (values: number): readonly [side: number, channels: number] => [sideOf(values / 16), 16]

/** How each kind is measured at a point of its axes. */
const trials: Readonly<Record<WorkKind, (sizes: readonly number[]) => Trial>> = {
  conv1: ([pixels = 1, from = 1, to = 1]) =>
    onMap(sideOf(pixels), from, pixels * from * to, convBnAct(to, 1)),
  conv3: ([pixels = 1, from = 1, to = 1]) =>
    onMap(sideOf(pixels), from, 9 * pixels * from * to, convBnAct(to, 3)),
  depthwise3: ([pixels = 1, channels = 1]) =>
    onMap(sideOf(pixels), channels, 9 * pixels * channels, depthwiseBnAct(3)),
  dense: ([from = 1, to = 1]) => onVector(from, to),
  pool: ([values = 1]) => onMap(...mapOf(values), 9 * values, maxPool(3, { stride: 1, padding: 'same' })),
  pointwise: ([values = 1]) => onMap(...mapOf(values), values, residual('sum', identity)),
}

const axesOf = ({ sides, channels }: TableAxes): Readonly<Record<WorkKind, Grid['axes']>> => {
  const pixels = sides.map(side => side ** 2)
  const values = pixels.map(each => 16 * each)
  const vectors = channels.map(each => 4 * each)
  return {
    conv1: [pixels, channels, channels],
    conv3: [pixels, channels, channels],
    depthwise3: [pixels, channels],
    dense: [vectors, channels],
    pool: [values],
    pointwise: [values],
  }
}

/** Every combination of points, the last axis the fastest. */
const combinations = (axes: Grid['axes']): readonly (readonly number[])[] =>
  axes.reduce<readonly (readonly number[])[]>(
    (rows, points) => rows.flatMap(row => points.map(point => [...row, point])),
    [[]],
  )

/** Least milliseconds that count: less cannot be told from none. */
const least = 1e-5

/** The lower quartile, as other work on a machine only adds. */
const quartiles = (engine: Engine, nets: readonly Net[]): TE.TaskEither<LearnError, readonly number[]> =>
  pipe(
    nets,
    E.traverseArray(init(0)),
    E.mapLeft((error): LearnError => error),
    TE.fromEither,
    TE.flatMap(latencies(engine, 1)),
    TE.map(times => times.map(({ quartiles: [lower] }) => lower)),
  )

const measureAt =
  (engine: Engine, kind: WorkKind) =>
  (sizes: readonly number[]): TE.TaskEither<LearnError, number> => {
    const { net: measured, without, copies } = trials[kind](sizes)
    return pipe(
      quartiles(engine, [measured, without]),
      TE.map(([whole = 0, rest = 0]) => Math.max(least, (whole - rest) / copies)),
    )
  }

const measureCall = (engine: Engine): TE.TaskEither<LearnError, number> =>
  pipe(
    quartiles(engine, [net('call', image(1, 1, 1), globalAvgPool, dense(1))]),
    TE.map(([call = 0]) => Math.max(least, call)),
  )

/**
 * Measures a table: about a hundred small nets, each beside the same net without its layer.
 *
 * Errors  EngineFailed
 */
export const measureLatencyTable = (
  engine: Engine,
  device: string,
  axes: TableAxes = usualAxes,
): TE.TaskEither<LearnError, LatencyTable> => {
  const { name, version, threads } = engine
  const lines = axesOf(axes)
  const gridOf = (kind: WorkKind): TE.TaskEither<LearnError, Grid> =>
    pipe(
      combinations(lines[kind]),
      TE.traverseSeqArray(measureAt(engine, kind)),
      TE.map(values => ({ axes: lines[kind], values })),
    )
  return pipe(
    TE.Do,
    TE.bind('call', () => measureCall(engine)),
    TE.bind('conv1', () => gridOf('conv1')),
    TE.bind('conv3', () => gridOf('conv3')),
    TE.bind('depthwise3', () => gridOf('depthwise3')),
    TE.bind('dense', () => gridOf('dense')),
    TE.bind('pool', () => gridOf('pool')),
    TE.bind('pointwise', () => gridOf('pointwise')),
    TE.map(({ call, ...layers }) => ({ device, engine: { name, version, threads }, call, layers })),
  )
}
