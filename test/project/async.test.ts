/** The edge for code written with `await`: what comes out is what the effect gave, failures read as prose, data is closed. */
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { type Context, EspalierError, run, withContext } from '../../src/async/index.js'
import type { Images } from '../../src/data/dataset.js'
import { glyphs, imageFolder } from '../../src/data/spec.js'
import { train } from '../../src/learn/training/transforms.js'
import { init } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { type Fact, renderMessage } from '../../src/report/index.js'
import * as doors from '../../src/run/index.js'
import { scratch, succeed, tarOf } from '../support/scratch.js'

const facts: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ _tag: fc.constant('NoBranches' as const), at: fc.string() }),
  fc.record({ _tag: fc.constant('FileMissing' as const), file: fc.string() }),
  fc.record({ _tag: fc.constant('UnknownEngine' as const), name: fc.string() }),
)

/** What a promise is rejected with. */
const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was not rejected',
    reason => reason,
  )

test('a value comes out as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async value => {
      expect(await run(E.right(value))).toBe(value)
      expect(await run(TE.right(value))).toBe(value)
    }),
  )
})

test('a failure is an error whose message is the prose, which Node prints without the record behind it', async () => {
  await fc.assert(
    fc.asyncProperty(facts, async fact => {
      for (const effect of [E.left(fact), TE.left(fact)]) {
        const reason = await reasonOf(run(effect))
        if (!(reason instanceof EspalierError)) throw new Error('expected an EspalierError')
        expect(reason).toMatchObject({ message: renderMessage(fact), fact })
        expect(inspect(reason)).not.toContain('_tag')
      }
    }),
  )
})

/** Two classes of one-coloured images in archives that stay open while they are used. */
const archives = async (): Promise<string> => {
  const pictureOf = (background: string) =>
    sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toBuffer()
  const coloured: readonly (readonly [string, Buffer])[] = [
    ['red', await pictureOf('red')],
    ['blue', await pictureOf('blue')],
  ]
  const ten = await tarOf(
    Object.fromEntries(
      coloured.flatMap(([name, bytes]) =>
        Array.from({ length: 10 }, (_, nth) => [`${name}/${nth}.png`, bytes] as const),
      ),
    ),
  )
  return scratch({ 'train.tar': ten, 'test.tar': ten })
}

const readAll = (images: Images): Promise<void> =>
  images.read(Int32Array.from(images.labels.keys()), new Uint8Array(images.size * 8 * 8 * 3))

test.each([
  ['ends', false],
  ['fails', true],
] as const)('data can be read until what uses it %s, and not after', async (_, fails) => {
  const options = {
    data: imageFolder(image(8, 8, 3)),
    folder: await archives(),
    memory: 1,
    engine: 'wasm',
  } as const
  const kept: Context[] = []
  const outcome: string = await withContext(options, async context => {
    kept.push(context)
    await readAll(context.dataset.test)
    if (fails) throw new Error('done')
    return 'done'
  }).catch((reason: Error) => reason.message)
  expect(outcome).toBe('done')
  expect(kept).toHaveLength(1)
  for (const { dataset } of kept) await expect(readAll(dataset.test)).rejects.toThrow()
})

test('what cannot be opened is told in prose', async () => {
  const open = withContext(
    { data: glyphs({ train: 100, test: 10 }), engine: 'wasm', take: 1000 },
    async () => 'opened',
  )
  await expect(open).rejects.toThrow(/^glyphs.*1,?000/)
})

test('in a context, a model trains as it does on what was opened by hand', async () => {
  const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 2 }), globalAvgPool, dense(10))
  const planted = await run(init(0)(small))
  const learn = async (context: Context) => (await run(train({ epochs: 1 })(context)(planted))).model.weights
  const data = glyphs({ train: 200, test: 10 })
  const weights = await withContext({ data, engine: 'wasm' }, learn)
  const same = await withContext({ data, engine: 'wasm', seed: 0 }, context =>
    succeed(train({ epochs: 1 })(context)(planted)),
  )
  expect(same.model.weights).toEqual(weights)
})

test('the doors alone run an experiment and a study', async () => {
  const [folder, data] = [scratch(), glyphs({ train: 200, test: 20 })]
  const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 2 }), globalAvgPool, dense(10))
  const mine = doors.experiment(small, data, doors.train({ epochs: 1 }))
  const observer = { onEvent: () => undefined, onStep: () => undefined, stopping: () => false }
  await withContext({ data, engine: 'wasm' }, async ({ engine, dataset, seed }) => {
    const settings = doors.settingsOf(seed, engine, dataset, {})
    const begun = doors.begin(
      join(folder, 'run'),
      settings,
      { engine, dataset },
      { ...observer, pastChance: true },
    )
    const { params } = await run(begun(mine))
    const [done] = await run(
      doors.runStudy({
        folder: join(folder, 'study'),
        engine,
        datasetOf: () => TE.right(dataset),
        data: {},
        observer,
        onCell: () => undefined,
      })(doors.study('mine', { seeds: 1 }, [{ name: 'small', experiment: mine }])),
    )
    expect(done?.result.params).toBe(params)
  })
})
