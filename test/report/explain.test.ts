/** What a run's log tells of every channel: the same as the prunings said, over several of them. */

import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { init } from '../../src/net/weights.js'
import { differenceText, netDifference } from '../../src/report/explain/difference.js'
import { explain } from '../../src/report/explain/explain.js'
import type { RunEvent } from '../../src/run/events.js'
import { type ChannelHistory, channelHistories, isGone } from '../../src/run/review/channel-history.js'
import { readLog } from '../../src/run/review/read-log.js'
import { rankedEvent } from '../../src/run/steps/ranked.js'
import { eventCodec } from '../../src/run/storage/event-codec.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { type Pruned, prune } from '../../src/surgery/prune/prune.js'
import { arbitraryModel } from '../support/nets/arbitrary.js'
import { placed, right } from '../support/nets/surgery.js'
import { freeNet, tinyNet } from '../support/nets/tiny.js'
import { scratch, succeed } from '../support/scratch.js'

type Ranked = Extract<RunEvent, { readonly _tag: 'ranked' }>

const scored = { accuracy: 1, loss: 0 }
const sizes = { params: 1, macs: 1 }

const rankedBy = (pruned: Pruned): RunEvent =>
  rankedEvent({ stage: 0, place: '0' }, 'l1', true, pruned.ranking)

const cutBy = (pruned: Pruned): readonly RunEvent[] => [
  rankedBy(pruned),
  {
    _tag: 'pruned',
    stage: 0,
    place: '0',
    removed: pruned.removed.length,
    ...sizes,
    raw: scored,
    repaired: scored,
    recalibrated: false,
  },
]

const roundEnd = (kept: boolean): RunEvent => ({
  _tag: 'roundEnded',
  stage: 0,
  round: 0,
  ...sizes,
  validation: scored,
  kept,
})

/** A log of these events, as it is written now. */
const logOf = (events: readonly RunEvent[]): string =>
  events.map(event => `${JSON.stringify(eventCodec.encode(event))}\n`).join('')

/** Events as a log gives them back. */
const logged = (events: readonly RunEvent[]): Promise<readonly RunEvent[]> => readFrom(logOf(events))

const readFrom = async (log: string): Promise<readonly RunEvent[]> => {
  const folder = scratch({ 'events.jsonl': log })
  const { events: read, unknown } = await succeed(readLog(`${folder}/events.jsonl`))
  expect(unknown).toBe(0)
  return read
}

const goneIn = (histories: readonly ChannelHistory[]): readonly string[] =>
  histories.filter(isGone).map(({ path, channel }) => `${path}:${channel}`)

const keys = (channels: readonly { readonly path: string; readonly channel: number }[]): readonly string[] =>
  channels.map(({ path, channel }) => `${path}:${channel}`)

/** Prunes a model by l1, where that can be done. */
const cut = (keep: number) => prune({ keep: { params: keep }, by: l1, normalize: 'raw' })

test('after a cut, what is gone is what it removed, with the figures it gave', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryModel(),
      fc.double({ min: 0.3, max: 0.9, noNaN: true }),
      async (model, keep) => {
        const pruned = cut(keep)(model)
        if (E.isLeft(pruned)) return
        const histories = channelHistories(await logged(cutBy(pruned.right)))
        expect([...goneIn(histories)].sort()).toEqual([...keys(pruned.right.removed)].sort())
        for (const { path, channel, group, rank, why, threshold } of pruned.right.removed) {
          const [decision] =
            histories.find(each => each.path === path && each.channel === channel)?.decisions ?? []
          expect(decision).toMatchObject({ group, rank, fate: why, cut: 1, by: 'l1', round: 0 })
          if (threshold !== null && Number.isFinite(threshold))
            expect(decision?.threshold).toBeCloseTo(threshold, 2)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('over two cuts, channels keep the numbers they had before the first', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryModel(), async model => {
      const first = cut(0.7)(model)
      if (E.isLeft(first)) return
      const second = cut(0.7)(first.right.model)
      if (E.isLeft(second)) return
      const histories = channelHistories(await logged([...cutBy(first.right), ...cutBy(second.right)]))
      const renumbered = second.right.removed.map(({ path, channel }) => ({
        path,
        channel: first.right.channels[path]?.[channel] ?? -1,
      }))
      expect([...goneIn(histories)].sort()).toEqual(
        [...keys(first.right.removed), ...keys(renumbered)].sort(),
      )
    }),
    { numRuns: 30 },
  )
})

test('a log holds decisions in few bytes, gives them back, and reads those of an earlier version', async () => {
  const fates = fc.constantFrom('kept', 'held', 'pinned', 'utility', 'starved' as const)
  const channels = fc.uniqueArray(fc.nat(30), { maxLength: 20 }).map(all => all.toSorted((a, b) => a - b))
  const layer = fc
    .tuple(channels, fc.array(fates, { minLength: 20, maxLength: 20 }), fc.boolean())
    .map(([some, fate, all]) => ({
      path: 'conv',
      group: 'conv',
      channels: all ? some.map((_, nth) => nth) : some,
      utility: some.map(nth => nth / 8),
      score: [],
      rank: some.map(() => null),
      fate: fate.slice(0, some.length),
    }))
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { maxLength: 3 }), async layers => {
      const event: RunEvent = { ...(rankedBy(half) as Ranked), layers }
      expect(await readFrom(logOf([event]))).toEqual([event])
      expect(await readFrom(`${JSON.stringify(event)}\n`)).toEqual([event])
    }),
    { numRuns: 40 },
  )
  expect(logOf([rankedBy(half)]).length).toBeLessThan(0.8 * JSON.stringify(rankedBy(half)).length)
  const lying = logOf([rankedBy(half)]).replace(/"fate":"[^"]*"/, '"fate":"x"')
  await expect(readFrom(lying)).rejects.toThrow()
})

const tiny = right(init(0)(tinyNet))
const half = right(cut(0.5)(tiny))

test('a round that was taken back has removed nothing', () => {
  const events: readonly RunEvent[] = [
    { _tag: 'stageBegan', stage: 0, name: 'rounds' },
    ...cutBy(half),
    roundEnd(false),
  ]
  const histories = channelHistories(events)
  expect(goneIn(histories)).toEqual([])
  const again = channelHistories([...events, ...cutBy(half)])
  expect(goneIn(again).length).toBe(half.removed.length)
  const [removed] = half.removed
  const history = again.find(({ path, channel }) => path === removed?.path && channel === removed.channel)
  expect(history?.decisions.map(({ round, takenBack }) => [round, takenBack])).toEqual([
    [1, true],
    [2, false],
  ])
})

test('a channel is explained with its utility, score, threshold, rank, group and round', () => {
  const [removed] = half.removed.filter(({ why }) => why === 'utility')
  const found = channelHistories(cutBy(half)).filter(
    ({ path, channel }) => path === removed?.path && channel === removed.channel,
  )
  const said = explain(removed?.path ?? '', removed?.channel ?? 0, found)
  expect(said).toMatch(
    /is gone\n {2}cut 1 \(step 1\): cut, as it scored below the threshold; utility [\d.e-]+, score [\d.e-]+, threshold [\d.e-]+, rank \d+ of \d+ candidates, by l1, group /,
  )
  const layer = explain(
    'conv',
    null,
    channelHistories(cutBy(half)).filter(({ path }) => path === 'conv'),
  )
  expect(layer).toMatch(/^conv: \d of 6 channels are left/)
  expect(layer.split('\n').length).toBe(3 + 6)
})

test('two nets are compared layer by layer', () => {
  const difference = netDifference(tiny, half.model)
  expect(difference.after.params).toBeLessThan(difference.before.params)
  expect(difference.layers.length).toBeGreaterThanOrEqual(6)
  for (const { path, before, after, change } of difference.layers) {
    expect(before?.channels).toBe(tiny.layers.get(path)?.output.at(-1))
    expect(after?.channels).toBe(half.model.layers.get(path)?.output.at(-1))
    expect(change === 'removed').toBe(after === null)
  }
  expect(differenceText(difference)).toMatch(/^conv +conv 3×3 +6( → \d)? /m)
  const other = netDifference(placed(freeNet), placed(tinyNet))
  expect(other.layers.filter(({ change }) => change === 'added').map(({ path }) => path)).toEqual([
    'sum/body/conv',
    'sum/body/conv2',
  ])
  const back = netDifference(placed(tinyNet), placed(freeNet))
  expect(back.layers.filter(({ change }) => change === 'removed').length).toBe(2)
  const same = netDifference(placed(tinyNet), placed(tinyNet))
  expect(same.layers.every(({ change }) => change === 'same')).toBe(true)
})
