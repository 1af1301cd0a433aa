/** The speed of the data pipeline: decoding, augmentation, and batches read ahead beside a training step. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Dataset, imagesInMemory } from '../src/data/dataset.js'
import { decodeImage } from '../src/data/formats/images/decode/decode.js'
import { crc32c } from '../src/data/formats/tfrecord/crc.js'
import { openData } from '../src/data/open.js'
import {
  type Augmentation,
  colorJitter,
  cutout,
  flip,
  randomCrop,
  randomResizedCrop,
} from '../src/data/pipeline/augment.js'
import { type Batch, type Feed, prefetch, trainingFeed } from '../src/data/pipeline/batches.js'
import { augmentedShape } from '../src/data/pipeline/distort.js'
import type { OpenOptions } from '../src/data/source.js'
import { imageFolder } from '../src/data/spec.js'
import { openEngine } from '../src/engine/open.js'
import { trainDefaults } from '../src/learn/options.js'
import { trainCalls } from '../src/learn/training/calls.js'
import { rateFeeds } from '../src/learn/training/train.js'
import type { Shape } from '../src/net/shape.js'
import { sizeOf } from '../src/net/shape.js'
import type { Net } from '../src/net/tree.js'
import { init } from '../src/net/weights.js'
import { inception, net, stack } from '../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../src/net/words/leaves.js'
import { modules, reference } from './net.js'
import { done, median, photograph } from './tools.js'

const batch = 64
const small = [randomCrop(4), flip, cutout(8)]
const large = [randomResizedCrop(224), flip]

/** Milliseconds that something takes. */
const timed = async (task: () => unknown): Promise<number> => {
  const began = performance.now()
  await task()
  return performance.now() - began
}

const show = (what: string, figure: number, unit: string): void =>
  console.log(`${what.padEnd(66)}${figure.toFixed(figure < 100 ? 2 : 0).padStart(8)} ${unit}`)

/** Images in memory; nothing here depends on what they show. */
const pattern = (count: number, stored: Shape, augment: readonly Augmentation[]): Dataset => {
  const bytes = new Uint8Array(count * sizeOf(stored)).map((_, at) => (at * 7919) >> 3)
  const images = imagesInMemory(bytes, new Int32Array(count))
  const [mean, deviation] = [
    [0.5, 0.5, 0.5],
    [0.25, 0.25, 0.25],
  ]
  const parts = { train: images, validation: images, test: images }
  const close = async () => undefined
  const shapes = { stored, image: augmentedShape(stored, augment) }
  return {
    name: 'pattern',
    checksum: '',
    classes: ['a'],
    ...shapes,
    mean,
    deviation,
    ...parts,
    augment,
    skipped: [],
    notices: [],
    close,
  }
}

const drain = async (feed: Feed, epoch: number): Promise<void> => {
  for (let step = 0; step < feed.batches; step++) await feed.batch(epoch, step)
}

const augmenting = async (): Promise<void> => {
  const jitter = colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 })
  const cases: readonly [string, Shape, number, readonly Augmentation[]][] = [
    ['32×32×3', [32, 32, 3], 6400, []],
    ['32×32×3, crop + flip + cut-out', [32, 32, 3], 6400, small],
    ['32×32×3, colour jitter', [32, 32, 3], 6400, [jitter]],
    ['256×256×3, random-resized crop to 224 + flip', [256, 256, 3], 192, large],
  ]
  for (const [name, shape, count, augment] of cases) {
    const feed = trainingFeed(pattern(count, shape, augment), { batch, seed: 0 })
    await drain(feed, 0)
    const times: number[] = []
    for (let epoch = 1; epoch <= 7; epoch++) times.push(await timed(() => drain(feed, epoch)))
    show(`batches of ${name}`, (1000 * count) / median(times), 'images/s')
  }
}

const decoding = async (): Promise<void> => {
  for (const [width, height, side, count] of [
    [32, 32, 32, 4096],
    [500, 375, 256, 384],
  ] as const) {
    const encoded = await photograph(width, height)
    const decode = decodeImage([side, side, 3])
    const all = () =>
      Promise.all(Array.from({ length: count }, () => decode(encoded, { file: '', entry: null, offset: 0 })))
    await all()
    const ms = median([await timed(all), await timed(all), await timed(all)])
    show(`decoding a JPEG of ${width}×${height} to ${side}×${side}`, (1000 * count) / ms, 'images/s')
  }
}

const summing = async (): Promise<void> => {
  const bytes = Buffer.alloc(2 ** 24, 'crc')
  const times = [
    await timed(() => crc32c(bytes)),
    await timed(() => crc32c(bytes)),
    await timed(() => crc32c(bytes)),
  ]
  show('CRC-32C', 16_000 / median(times), 'MiB/s')
}

/** Steps of a net, with the same batch again and with the next of each feed, in turn. */
const stepping = async (what: Net, feeds: Readonly<Record<string, Feed>>, round: number): Promise<void> => {
  const options = { ...trainDefaults, batchSize: batch }
  const { engine, session } = await done(
    pipe(
      TE.Do,
      TE.bind('engine', () => openEngine()),
      TE.bindW('model', () => TE.fromEither(init(0)(what))),
      TE.bindW('calls', ({ model }) => TE.fromEither(trainCalls(options, 1)(model))),
      TE.bindW('session', ({ engine, calls }) => engine.open(calls)),
      TE.tap(({ session, model }) => TE.fromIO(() => session.write(model.weights))),
    ),
  )
  const rate = rateFeeds(options)
  const run = async (batchAt: (nth: number) => Promise<Batch>): Promise<number> => {
    const first = await batchAt(0) // so that each run begins with a batch at hand
    const ms = await timed(async () => {
      for (let nth = 0; nth < round; nth++) {
        const { images, targets } = nth === 0 ? first : await batchAt(nth)
        session.run('train', { images, targets, ...rate(nth, 1000) })
        await setImmediate()
      }
    })
    return ms / round
  }
  const eager = Object.entries(feeds).map(([name, feed]) => ({
    name,
    feed: prefetch(1)(feed),
    times: [] as number[],
  }))
  const same = await eager[0]?.feed.batch(0, 0)
  if (same === undefined) return
  const alone = [await run(async () => same)].slice(1)
  for (let repeat = 0; repeat < 7; repeat++) {
    alone.push(await run(async () => same))
    for (const { feed, times } of eager)
      times.push(
        await run(nth => {
          const place = repeat * round + nth
          return feed.batch(Math.floor(place / feed.batches), place % feed.batches)
        }),
      )
  }
  session.close()
  show(`a step of ${what.name} on ${engine.name}, the same batch again`, median(alone), 'ms')
  show('', (1000 * batch) / median(alone), 'images/s')
  for (const { name, times } of eager) {
    const ratios = times.map((ms, nth) => ms / (alone[nth] ?? 1))
    show(`  with batches ${name}`, median(times), `ms, ${median(ratios).toFixed(3)} times that`)
  }
}

/** Class folders of photographs. */
const photographs = async (folder: string): Promise<string> => {
  const encoded = await photograph(500, 375)
  for (const part of ['train', 'test']) {
    mkdirSync(join(folder, part, 'only'), { recursive: true })
    for (let nth = 0; nth < 192; nth++) writeFileSync(join(folder, part, 'only', `${nth}.jpg`), encoded)
  }
  return folder
}

const feedOf = async (side: number, augment: readonly Augmentation[], options: Partial<OpenOptions>) => {
  const spec = imageFolder(image(side, side, 3), { augment, validation: 0 })
  return trainingFeed(await done(openData({ seed: 0, ...options })(spec)), { batch, seed: 0 })
}

/** The reference net's modules behind a stem that makes 224² as small as 28². One class. */
const wide = net(
  'the net at 224×224',
  image(224, 224, 3),
  stack('stem', convBnAct(32, 7, { stride: 2 }), maxPool(2), convBnAct(64), maxPool(2)), // 28×28×64
  inception('a', modules.a),
  maxPool(2),
  inception('b', modules.b),
  globalAvgPool,
  dense(1),
)

const scratch = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
try {
  await summing()
  await augmenting()
  await decoding()
  const real = join(import.meta.dirname, '../../shared/data/cifar10-images')
  const memory = trainingFeed(
    { ...pattern(20_000, [32, 32, 3], small), classes: [...'0123456789'] },
    { batch, seed: 0 },
  )
  await stepping(
    reference,
    existsSync(real)
      ? {
          'from memory, crop + flip + cut-out': memory,
          'from the image folder, decoded once': await feedOf(32, small, { folder: real }),
          'from the image folder, decoded each time': await feedOf(32, small, {
            folder: real,
            memory: 2 ** 25,
          }),
        }
      : { 'from memory, crop + flip + cut-out': memory },
    20,
  )
  const streamed = await feedOf(256, large, { folder: await photographs(scratch), memory: 2 ** 20 })
  await stepping(wide, { 'decoded each time, random-resized crop + flip': streamed }, 2)
  show('resident memory at the end', process.memoryUsage.rss() / 2 ** 20, 'MiB')
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
