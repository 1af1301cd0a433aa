/** The latency table of a device: what layers take there, by kind and sizes, from which the latency of a net is predicted. */

import * as t from 'io-ts'
import { closed, list, positive, positiveWhole } from '../../io/codec.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { MeasureLatency } from '../../surgery/prune/target.js'
import { type Grid, increasing, interpolate } from './interpolate.js'
import { type WorkKind, workKinds, workOf } from './layer-work.js'

/** Milliseconds of single images on one device, by one engine. */
export interface LatencyTable {
  /** What was measured, for people. */
  readonly device: string
  readonly engine: { readonly name: string; readonly version: string; readonly threads: number }
  /** Milliseconds of a call without any layer. */
  readonly call: number
  /** Milliseconds of a layer, by its kind, over the sizes of the kind. */
  readonly layers: Readonly<Record<WorkKind, Grid>>
}

const axisCodec = t.refinement(
  list(positive),
  points =>
    points.length > 0 && points.every((point, nth) => nth === 0 || point > elementAt(points, nth - 1)),
  'numbers > 0 that increase',
)

const gridCodec: t.Type<Grid, unknown> = t.refinement(
  closed({ axes: list(axisCodec), values: list(positive) }),
  ({ axes, values }) => values.length === axes.reduce((product, points) => product * points.length, 1),
  'a value for each combination of points',
)

const layersCodec = closed(
  Object.fromEntries(workKinds.map(kind => [kind, gridCodec])) as Record<WorkKind, typeof gridCodec>, // of all kinds
)

/** A table, as it is written to a file. */
export const latencyTableCodec: t.Type<LatencyTable, unknown> = closed({
  device: t.string,
  engine: closed({ name: t.string, version: t.string, threads: positiveWhole }),
  call: positive,
  layers: layersCodec,
})

/**
 * Predicts the milliseconds of one image: the sum over the layers of a net, each read from the table.
 *
 * Law  never less where a layer has more channels
 *
 * @example
 * import { type LatencyTable, predictLatency } from 'espalier/learn'
 * import type { Model } from 'espalier/net'
 * const millisecondsOf = (table: LatencyTable, model: Model): number => predictLatency(table)(model)
 */
export const predictLatency = (table: LatencyTable): ((net: CheckedNet) => number) & MeasureLatency => {
  const grids = Object.fromEntries(workKinds.map(kind => [kind, increasing(table.layers[kind])])) as Readonly<
    Record<WorkKind, Grid>
  > // of all kinds
  return ({ layers }: CheckedNet): number =>
    [...layers.values()].reduce((sum, placed) => {
      const work = workOf(placed)
      return work === null ? sum : sum + work.times * interpolate(grids[work.kind], work.sizes)
    }, table.call)
}
