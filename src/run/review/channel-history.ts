/** What was decided about every channel of a run, cut by cut, under the number it had before the first. */
import { addTo } from '../../io/count.js'
import type { Path } from '../../net/path.js'
import type { Fate } from '../../surgery/prune/ranking.js'
import type { RankedChannels, RunEvent } from '../events.js'

type Ranked = Extract<RunEvent, { readonly _tag: 'ranked' }>

/** One decision about one channel. */
export interface CutDecision {
  /** The cut it is for, from 1. */
  readonly cut: number
  /** The round of the step of the schedule, from 1; 0 outside rounds. */
  readonly round: number
  readonly stage: number
  /** The criterion. */
  readonly by: string
  /** Whether it was carried out at once, or the channel was marked, to be faded for the cut. */
  readonly removes: boolean
  readonly group: string
  readonly utility: number | null
  readonly score: number | null
  readonly threshold: number | null
  readonly rank: number | null
  /** Candidates that were ranked with it. */
  readonly candidates: number
  readonly fate: Fate
  /** Whether the round was taken back. */
  readonly takenBack: boolean
}

/** A channel and its decisions, the oldest first. */
export interface ChannelHistory {
  readonly path: Path
  readonly channel: number
  readonly decisions: readonly CutDecision[]
}

/** The numbers before the first cut of the channels that a layer has by now. */
type Numbers = ReadonlyMap<Path, readonly number[]>

interface Fold {
  readonly numbers: Numbers
  /** As the last round that was kept left them. */
  readonly accepted: Numbers
  readonly cuts: number
  readonly rounds: number
  readonly inRounds: boolean
  readonly found: readonly (ChannelHistory & { readonly decisions: readonly [CutDecision] })[]
  /** Decisions that belong to the round under way begin here. */
  readonly roundBegan: number
}

const start: Fold = {
  numbers: new Map(),
  accepted: new Map(),
  cuts: 0,
  rounds: 0,
  inRounds: false,
  found: [],
  roundBegan: 0,
}

/** How many channels each layer had in an event. */
const widthsIn = ({ layers }: Ranked): ReadonlyMap<Path, number> => {
  const widths = new Map<Path, number>()
  for (const { path, channels } of layers) addTo(widths, path, channels.length)
  return widths
}

/** Numbers of a layer that is met for the first time, or that has grown, begin anew. */
const numbersFor = (numbers: Numbers, event: Ranked): Numbers =>
  new Map([
    ...numbers,
    ...[...widthsIn(event)].flatMap(([path, width]) =>
      numbers.get(path)?.length === width
        ? []
        : [[path, Array.from({ length: width }, (_, channel) => channel)] as const],
    ),
  ])

const candidatesIn = ({ layers }: Ranked): number =>
  new Set(layers.flatMap(({ rank }) => rank.filter(each => each !== null))).size

const isRemoved = (fate: Fate | undefined): boolean => fate === 'utility' || fate === 'starved'

const withoutRemoved = (numbers: Numbers, { layers }: Ranked): Numbers => {
  const removed = new Map<Path, Set<number>>()
  for (const { path, channels, fate } of layers) {
    const known = removed.get(path) ?? new Set()
    channels.forEach((channel, nth) => {
      if (isRemoved(fate[nth])) known.add(channel)
    })
    removed.set(path, known)
  }
  return new Map(
    [...numbers].map(([path, all]) => [path, all.filter((_, channel) => !removed.get(path)?.has(channel))]),
  )
}

const decisionOf = (
  fold: Fold,
  event: Ranked,
  candidates: number,
  layer: RankedChannels,
  nth: number,
): CutDecision => ({
  cut: fold.cuts + 1,
  round: fold.inRounds ? fold.rounds + 1 : 0,
  stage: event.stage,
  by: event.by,
  removes: event.removes,
  group: layer.group,
  utility: layer.utility[nth] ?? null,
  score: layer.score[nth] ?? null,
  threshold: event.threshold,
  rank: layer.rank[nth] ?? null,
  candidates,
  fate: layer.fate[nth] ?? 'kept',
  takenBack: false,
})

const addRanked = (fold: Fold, event: Ranked): Fold => {
  const numbers = numbersFor(fold.numbers, event)
  const candidates = candidatesIn(event)
  const found = event.layers.flatMap(layer =>
    layer.channels.map((channel, nth) => ({
      path: layer.path,
      channel: numbers.get(layer.path)?.[channel] ?? channel,
      decisions: [decisionOf(fold, event, candidates, layer, nth)] as const,
    })),
  )
  return {
    ...fold,
    numbers: event.removes ? withoutRemoved(numbers, event) : numbers,
    found: [...fold.found, ...found],
  }
}

/** A round that was taken back: its channels are there again. */
const takeBack = (fold: Fold): Fold => ({
  ...fold,
  numbers: fold.accepted,
  found: fold.found.map((each, nth) =>
    nth < fold.roundBegan
      ? each
      : { ...each, decisions: [{ ...each.decisions[0], takenBack: true }] as const },
  ),
})

const addEvent = (fold: Fold, event: RunEvent): Fold => {
  switch (event._tag) {
    case 'stageBegan':
      return {
        ...fold,
        accepted: fold.numbers,
        rounds: 0,
        inRounds: event.name === 'rounds' || event.name === 'regrow',
        roundBegan: fold.found.length,
      }
    case 'ranked':
      return addRanked(fold, event)
    case 'pruned':
      return { ...fold, cuts: fold.cuts + 1 }
    case 'roundEnded': {
      const after = event.kept ? fold : takeBack(fold)
      return { ...after, accepted: after.numbers, rounds: fold.rounds + 1, roundBegan: fold.found.length }
    }
    default:
      return fold
  }
}

/** The history of each channel that a run has ranked, layer by layer. */
export const channelHistories = (events: readonly RunEvent[]): readonly ChannelHistory[] => {
  const histories = new Map<string, { path: Path; channel: number; decisions: CutDecision[] }>()
  for (const { path, channel, decisions } of events.reduce(addEvent, start).found) {
    const key = `${path}:${channel}`
    const known = histories.get(key)
    if (known === undefined) histories.set(key, { path, channel, decisions: [...decisions] })
    else known.decisions.push(...decisions)
  }
  return [...histories.values()].sort((a, b) => (a.path === b.path ? a.channel - b.channel : 0))
}

/** Whether a channel is gone at the end of its history. */
export const isGone = ({ decisions }: ChannelHistory): boolean =>
  decisions.some(({ removes, takenBack, fate }) => removes && !takenBack && isRemoved(fate))
