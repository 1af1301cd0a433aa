/** A run's log as a story over time: epochs, cuts, growths and rounds taken back, each at the epochs done by then. */

import { countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { RunEvent } from '../../run/events.js'

type EventOf<T extends RunEvent['_tag']> = Extract<RunEvent, { readonly _tag: T }>

/** Something that happened when so many epochs were done. */
interface At {
  readonly epochs: number
}

export interface EpochPoint extends At, Pick<EventOf<'epoch'>, 'training' | 'validation' | 'gradient'> {}

/** A cut: `raw` right after it, `repaired` with batch norm measured again. */
export interface CutPoint
  extends At,
    Pick<EventOf<'pruned'>, 'params' | 'macs' | 'removed' | 'raw' | 'repaired'> {}

export interface GrowthPoint
  extends At,
    Pick<EventOf<'grown'>, 'name' | 'params' | 'macs' | 'validation' | 'gain'> {}

/** How large the net was from here on. */
export interface SizePoint extends At {
  readonly params: number
  readonly macs: number
}

export interface StageSpan {
  readonly stage: number
  readonly name: string
  readonly from: number
  /** Where it ended, or where the log does. */
  readonly to: number
}

export interface Story {
  readonly epochs: readonly EpochPoint[]
  readonly cuts: readonly CutPoint[]
  readonly growths: readonly GrowthPoint[]
  /** Rounds that were taken back, and to what size. */
  readonly takenBack: readonly At[]
  readonly sizes: readonly SizePoint[]
  readonly stages: readonly StageSpan[]
  readonly length: number
}

const beginStory = (net: CheckedNet): Story => ({
  epochs: [],
  cuts: [],
  growths: [],
  takenBack: [],
  sizes: [{ epochs: 0, params: countParams(net), macs: countMacs(net) }],
  stages: [],
  length: 0,
})

/** The size that rounds go back to: where the last one that was kept ended, or they began. */
const withSize = (story: Story, { params, macs }: Omit<SizePoint, 'epochs'>): Story => {
  const last = story.sizes.at(-1)
  return last?.params === params && last.macs === macs
    ? story
    : { ...story, sizes: [...story.sizes, { epochs: story.length, params, macs }] }
}

const addEpoch = (story: Story, { training, validation, gradient }: EventOf<'epoch'>): Story => {
  const epochs = story.length + 1
  const point = { epochs, training, validation, ...(gradient !== undefined && { gradient }) }
  return { ...story, length: epochs, epochs: [...story.epochs, point] }
}

const addStageEnd = (story: Story, { stage, result }: EventOf<'stageEnded'>): Story =>
  withSize(
    {
      ...story,
      stages: story.stages.map(span => (span.stage === stage ? { ...span, to: story.length } : span)),
    },
    result,
  )

/** A net that grew was as large from where the one before it was measured. */
const addGrowth = (story: Story, event: EventOf<'grown'>): Story => {
  const since = event.gain === null ? story.length : (story.growths.at(-1)?.epochs ?? story.length)
  const size = { epochs: since, params: event.params, macs: event.macs }
  const growth = { epochs: story.length, ...event }
  return { ...story, growths: [...story.growths, growth], sizes: [...story.sizes, size] }
}

const addEvent = (story: Story, event: RunEvent): Story => {
  const at = { epochs: story.length }
  switch (event._tag) {
    case 'stageBegan': {
      const { stage, name } = event
      const span = { stage, name, from: story.length, to: Number.POSITIVE_INFINITY }
      return { ...story, stages: [...story.stages, span] }
    }
    case 'epoch':
      return addEpoch(story, event)
    case 'pruned':
      return withSize({ ...story, cuts: [...story.cuts, { ...at, ...event }] }, event)
    case 'grown':
      return addGrowth(story, event)
    case 'roundEnded':
      return event.kept ? story : { ...story, takenBack: [...story.takenBack, at] }
    case 'stageEnded':
      return addStageEnd(story, event)
    default:
      return story
  }
}

/** The story of a run that began with a net. */
export const storyOf = (first: CheckedNet, events: readonly RunEvent[]): Story => {
  const story = events.reduce(addEvent, beginStory(first))
  return { ...story, stages: story.stages.map(span => ({ ...span, to: Math.min(span.to, story.length) })) }
}
