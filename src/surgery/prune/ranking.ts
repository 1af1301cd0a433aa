/** What a pruning decided about every channel, and by what. */
import { elementAt } from '../../io/element.js'
import type { Analysis, Channel } from '../analysis/analysis.js'
import type { Utilities } from './rank.js'
import type { Selection } from './select.js'

/**
 * What became of a channel.
 *
 * - `kept`     it scored at least the threshold
 * - `held`     it scored less, but an option such as `floor`, or the channels tied to it, held it back
 * - `pinned`   it was no candidate: of the input, the output, a layer without utilities, or one that options protect
 * - `utility`  removed, as it scored less, or was named
 * - `starved`  removed, as all its inputs, or the branch or body it lies in, were
 */
export type Fate = 'kept' | 'held' | 'pinned' | 'utility' | 'starved'

/** A channel of a pruning. */
export interface RankedChannel extends Channel {
  readonly group: string
  /** The utility it was given; null where none was. */
  readonly utility: number | null
  /** What was compared with the threshold, below which channels are removed; null where channels were named. */
  readonly score: number | null
  readonly threshold: number | null
  /** How many of the candidates scored less; null where it was no candidate. */
  readonly rank: number | null
  readonly fate: Fate
}

const fateOf = ({ constrained, selected, comparison }: Selection, wire: number): Fate => {
  if (constrained.kept[wire] !== 1) return selected[wire] === 0 ? 'utility' : 'starved'
  if (selected[wire] === 0) return 'held'
  return comparison !== null && elementAt(comparison.rank, wire) < 0 ? 'pinned' : 'kept'
}

/** Every channel, layer by layer within its wire. */
export const rankingOf = (
  { makers, groups, groupOf }: Analysis,
  utilities: Utilities,
  selection: Selection,
): readonly RankedChannel[] => {
  const { comparison } = selection
  return makers.flatMap((channels, wire) => {
    const rank = comparison === null ? -1 : elementAt(comparison.rank, wire)
    return channels.map(({ path, channel }) => ({
      path,
      channel,
      group: elementAt(groups, elementAt(groupOf, wire)).name,
      utility: utilities[path]?.[channel] ?? null,
      score: comparison === null || rank < 0 ? null : elementAt(comparison.score, wire),
      threshold: comparison?.threshold ?? null,
      rank: rank < 0 ? null : rank,
      fate: fateOf(selection, wire),
    }))
  })
}
