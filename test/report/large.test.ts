/** The page of a large run: Inception-88, cut in 20 rounds, every channel of which was ranked each time. */
import { expect, test } from 'vitest'
import inception88 from '../../dsl/nets/imagenet/inception88.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { infer } from '../../src/net/infer.js'
import { editLayers } from '../../src/net/layers.js'
import { stream } from '../../src/net/random.js'
import { channelsOf } from '../../src/net/shape.js'
import { runPage } from '../../src/report/pages/run-page.js'
import type { RankedChannels, RunEvent, Scored } from '../../src/run/events.js'
import { finishedRun } from '../support/finished-run.js'
import { right } from '../support/nets/surgery.js'
import { tinyData } from '../support/nets/tiny.js'
import { parsed } from '../support/page.js'
import { succeed } from '../support/scratch.js'

const rounds = 20
const whole = right(infer(inception88))

/** A tenth of the channels of each convolution. */
const narrow = right(
  infer(
    editLayers(layer =>
      layer._tag === 'conv' ? { ...layer, filters: Math.ceil(layer.filters / 10) } : layer,
    )(inception88),
  ),
)

const rankedLayers = (round: number): readonly RankedChannels[] => {
  const draw = stream(round, 'utilities')
  let rank = 0
  return [...whole.layers.values()].flatMap(({ path, layer, output }) => {
    if (layer._tag !== 'conv') return []
    const channels = Array.from({ length: channelsOf(output) }, (_, nth) => nth)
    const utility = channels.map(() => draw())
    return [
      {
        path,
        group: path,
        channels,
        utility,
        score: utility,
        rank: channels.map(() => rank++),
        fate: utility.map(each => (each < 0.1 ? 'utility' : 'kept')),
      },
    ]
  })
}

const scored = (accuracy: number): Scored => ({ accuracy, loss: 1 - accuracy })

const eventsOf = (round: number): readonly RunEvent[] => [
  { _tag: 'epoch', stage: 0, epoch: round, training: scored(0.7), validation: scored(0.6 + 0.01 * round) },
  {
    _tag: 'ranked',
    stage: 0,
    place: '0',
    by: 'taylor',
    removes: true,
    threshold: 0.1,
    layers: rankedLayers(round),
  },
  {
    _tag: 'pruned',
    stage: 0,
    place: '0',
    removed: 100,
    params: 25_000_000 - 1_000_000 * round,
    macs: 4_000_000_000 - 100_000_000 * round,
    raw: scored(0.3),
    repaired: scored(0.5),
    recalibrated: true,
  },
]

test('is written in less than 3 s of a core, and is smaller than 2 MB', async () => {
  const record = await finishedRun({ engine: await succeed(loadWasm(1)), dataset: tinyData() }, 0)
  await runPage(record)() // loads the packages that draw
  const events: readonly RunEvent[] = [
    { _tag: 'stageBegan', stage: 0, name: 'rounds' },
    ...Array.from({ length: rounds }, (_, round) => eventsOf(round)).flat(),
  ]
  const large = {
    ...record,
    nets: { first: whole, original: whole, now: narrow },
    log: { events, unknown: 0 },
  }
  const before = process.cpuUsage()
  const page = await runPage(large)()
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1e6).toBeLessThan(3)
  expect(Buffer.byteLength(page)).toBeLessThan(2_000_000)
  expect(page).toContain('25,330,888')
  parsed(page)
})
