/** What a pruning decides about every channel, as an event of the log: a column a figure, rounded, so that it stays small. */
import type { RankedChannel } from '../../surgery/prune/ranking.js'
import type { RankedChannels, RunEvent } from '../events.js'

type RankedEvent = Extract<RunEvent, { readonly _tag: 'ranked' }>

/** Digits of a figure in the log. */
const digits = 4

/** An infinite threshold or score, which JSON cannot hold, becomes `null`. */
const rounded = (figure: number | null): number | null =>
  figure === null || !Number.isFinite(figure) ? null : Number(figure.toPrecision(digits))

/** A column that says nothing is left empty. */
const column = (figures: readonly (number | null)[]): readonly (number | null)[] =>
  figures.every(figure => figure === null) ? [] : figures

const columnsOf = (channels: readonly RankedChannel[]): Omit<RankedChannels, 'path' | 'group'> => ({
  channels: channels.map(({ channel }) => channel),
  utility: column(channels.map(({ utility }) => rounded(utility))),
  score: column(channels.map(({ score }) => rounded(score))),
  rank: column(channels.map(({ rank }) => rank)),
  fate: channels.map(({ fate }) => fate),
})

/** By layer and group, in the order of the net; channels in their own. */
const layersOf = (ranking: readonly RankedChannel[]): readonly RankedChannels[] => {
  const layers = new Map<string, RankedChannel[]>()
  for (const channel of ranking) {
    const key = JSON.stringify([channel.path, channel.group])
    const known = layers.get(key)
    if (known === undefined) layers.set(key, [channel])
    else known.push(channel)
  }
  return [...layers.values()].flatMap(channels => {
    const [first] = channels
    const sorted = channels.toSorted((a, b) => a.channel - b.channel)
    return first === undefined ? [] : [{ path: first.path, group: first.group, ...columnsOf(sorted) }]
  })
}

/** `removes`: whether the channels go now, or are marked to be faded for the prune that comes. */
export const rankedEvent = (
  where: Pick<RankedEvent, 'stage' | 'place'>,
  by: string,
  removes: boolean,
  ranking: readonly RankedChannel[],
): RankedEvent => ({
  _tag: 'ranked',
  ...where,
  by,
  removes,
  threshold: rounded(ranking[0]?.threshold ?? null),
  layers: layersOf(ranking),
})
