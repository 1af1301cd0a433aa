/**
 * What TensorBoard shows of a run: its measures as scalars, the utilities of layers as histograms, correlations as
 * images.
 */
import type { Path } from '../../net/path.js'
import type { RunEvent } from '../../run/events.js'
import type { Features } from '../../run/review/predictions.js'
import { type Counted, countEvents, measuresOf } from '../tracking/measures.js'
import { histogram } from './histogram.js'
import type { BoardEvent, SummaryValue } from './schema.js'

type Ranked = Extract<RunEvent, { readonly _tag: 'ranked' }>

/** The first record of every event file. */
export const fileVersion: BoardEvent = { fileVersion: 'brain.Event:2' }

const eventAt = (step: number, value: readonly SummaryValue[]): readonly BoardEvent[] =>
  value.length === 0 ? [] : [{ step, summary: { value } }]

/** The utilities that a ranking compared, by layer. */
const utilitiesIn = ({ layers }: Ranked): ReadonlyMap<Path, readonly number[]> => {
  const known = new Map<Path, number[]>()
  for (const { path, utility } of layers) {
    const values = utility.flatMap(value => value ?? [])
    if (values.length > 0) known.set(path, [...(known.get(path) ?? []), ...values])
  }
  return known
}

/** A histogram of each layer, at the number of the ranking. */
const histogramsOf = (ranking: number, event: Ranked): readonly BoardEvent[] =>
  eventAt(
    ranking,
    [...utilitiesIn(event)].map(([path, values]) => ({ tag: `utilities/${path}`, histo: histogram(values) })),
  )

/** At most one record of an event. */
export const summaryOf = (counted: Counted): readonly BoardEvent[] => {
  const [{ rankings, epochs }, event] = counted
  if (event._tag === 'ranked') return histogramsOf(rankings, event)
  if (event._tag === 'featuresMeasured') return correlationsOf(epochs, [event])
  const measures = measuresOf(counted)
  return eventAt(
    measures[0]?.step ?? 0,
    measures.map(({ tag, value }) => ({ tag, simpleValue: value })),
  )
}

/** The records of a whole log, from the first of the file on. */
export const summariesOf = (events: readonly RunEvent[]): readonly BoardEvent[] => [
  fileVersion,
  ...countEvents(events).flatMap(summaryOf),
]

/** Opaque where a correlation is strong. */
const redGreenBlueOpacity = 4

/** The correlation images of the features, once so many epochs are done. */
export const correlationsOf = (epochs: number, features: readonly Features[]): readonly BoardEvent[] =>
  eventAt(
    epochs,
    features.map(({ net, size, compared = size, correlation }) => ({
      tag: `correlation/${net}`,
      image: {
        height: compared,
        width: compared,
        colorspace: redGreenBlueOpacity,
        encodedImageString: Buffer.from(correlation, 'base64'),
      },
    })),
  )
