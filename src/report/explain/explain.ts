/** Why channels were kept or cut, in words. */
import type { Path } from '../../net/path.js'
import { type ChannelHistory, type CutDecision, isGone } from '../../run/review/channel-history.js'
import type { Fate } from '../../surgery/prune/ranking.js'
import { table } from '../tables/table.js'
import { thousands } from '../text/numbers.js'

const figure = (value: number | null): string => (value === null ? '' : `${Number(value.toPrecision(4))}`)

const because: { readonly [F in Fate]: string } = {
  kept: 'it scored at least the threshold',
  held: 'it scored less, but a limit such as floor, or channels tied to it, held it back',
  pinned:
    'it was no candidate: of the input, the output, a layer without utilities, or protected by an option',
  utility: 'it scored below the threshold',
  starved: 'all its inputs, or the branch or body it lies in, were removed',
}

/** Where a push has named the channels, there is no threshold to be below. */
const reasonText = ({ fate, score, removes }: CutDecision): string => {
  if (removes && score === null && fate === 'utility') return 'the push before had marked and faded it'
  if (removes && score === null && fate === 'kept') return 'the push before had not marked it'
  return because[fate]
}

const isRemoval = ({ fate }: CutDecision): boolean => fate === 'utility' || fate === 'starved'

const verb = (decision: CutDecision): string => {
  if (!isRemoval(decision)) return decision.removes ? 'kept' : 'not marked'
  return decision.removes ? 'cut' : 'marked to fade'
}

const whereText = ({ cut, stage, round }: CutDecision): string =>
  `cut ${cut} (step ${stage + 1}${round > 0 ? `, round ${round}` : ''})`

/** Utility 0.02, score 0.1 below the threshold 0.3, rank 12 of 345 candidates; by taylor, group a/conv */
const figuresText = ({ utility, score, threshold, rank, candidates, by, group }: CutDecision): string =>
  [
    ...(utility === null ? [] : [`utility ${figure(utility)}`]),
    ...(score === null ? [] : [`score ${figure(score)}`]),
    ...(threshold === null ? [] : [`threshold ${figure(threshold)}`]),
    ...(rank === null ? [] : [`rank ${thousands(rank + 1)} of ${thousands(candidates)} candidates`]),
    `by ${by}`,
    `group ${group}`,
  ].join(', ')

const decisionLine = (decision: CutDecision): string =>
  `  ${whereText(decision)}: ${verb(decision)}, as ${reasonText(decision)}; ${figuresText(decision)}${decision.takenBack ? '; the round was taken back' : ''}`

const endText = (history: ChannelHistory): string => (isGone(history) ? 'is gone' : 'is still there')

const channelText = (history: ChannelHistory): string =>
  [`${history.path}:${history.channel} ${endText(history)}`, ...history.decisions.map(decisionLine)].join(
    '\n',
  )

/** The decision that counts: the one that removed the channel, or the last with a score. */
const decisive = ({ decisions }: ChannelHistory): CutDecision | undefined => {
  const removal = decisions.findLast(each => each.removes && !each.takenBack && isRemoval(each))
  const scored = decisions.filter(({ score }) => score !== null)
  return removal === undefined || removal.score === null
    ? (scored.findLast(({ cut }) => removal === undefined || cut === removal.cut) ??
        removal ??
        decisions.at(-1))
    : removal
}

const layerRow = (history: ChannelHistory): readonly string[] => {
  const by = decisive(history)
  return [
    `${history.channel}`,
    isGone(history) ? `cut ${by?.cut ?? ''}` : 'kept',
    figure(by?.utility ?? null),
    figure(by?.score ?? null),
    figure(by?.threshold ?? null),
    by === undefined || by.rank === null ? '' : `${by.rank + 1} of ${by.candidates}`,
    by?.fate ?? '',
    by?.group ?? '',
  ]
}

const layerText = (path: Path, histories: readonly ChannelHistory[]): string => {
  const left = histories.filter(history => !isGone(history)).length
  return [
    `${path === '' ? 'the input' : path}: ${left} of ${histories.length} channels are left; numbers are those before the first cut`,
    '',
    table(
      ['channel', 'end', 'utility', 'score', 'threshold', 'rank', 'fate', 'group'],
      histories.map(layerRow),
    ),
  ].join('\n')
}

/** The histories of a layer's channels, or of one of them. */
export const explain = (path: Path, channel: number | null, histories: readonly ChannelHistory[]): string => {
  const [only] = histories
  return channel === null || only === undefined ? layerText(path, histories) : channelText(only)
}
