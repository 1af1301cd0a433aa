/** Experiments that begin with given weights: as if begun in place, resumed without the file, and each refusal. */
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { encodeModelFile } from '../../src/convert/model-file.js'
import { preprocessingOf } from '../../src/data/preprocessing.js'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { decode } from '../../src/io/codec.js'
import { netCodec } from '../../src/net/codec.js'
import { infer, outputShape } from '../../src/net/infer.js'
import { parentPath } from '../../src/net/path.js'
import { channelsOf } from '../../src/net/shape.js'
import { init, type Model } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { net } from '../../src/net/words/combinators.js'
import { from } from '../../src/net/words/from.js'
import { conv, convBnAct, dense, flatten, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { withHead } from '../../src/net/words/with-head.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { loadExperiment, loadStudy } from '../../src/run/load/experiment.js'
import { loadNet } from '../../src/run/load/net.js'
import { begin, resume } from '../../src/run/run.js'
import { initialCheckpoint } from '../../src/run/runner.js'
import { checkRun } from '../../src/run/schedule/check.js'
import { experimentCodec } from '../../src/run/schedule/codec.js'
import { type Experiment, experiment, type PlannedExperiment } from '../../src/run/schedule/experiment.js'
import { checkSameExperiment } from '../../src/run/schedule/experiment-change.js'
import { prune, train } from '../../src/run/schedule/schedule.js'
import { readAnyModel } from '../../src/run/standalone/read-model.js'
import { beginFromFile, resolveExported } from '../../src/run/standalone/resolve.js'
import { settingsOf } from '../../src/run/storage/settings.js'
import { openRun } from '../../src/run/storage/stored-run.js'
import { ablation } from '../../src/run/study/ablation.js'
import { runStudy } from '../../src/run/study/runner.js'
import { type Study, study } from '../../src/run/study/study.js'
import { arbitraryModel } from '../support/nets/arbitrary.js'
import { deepFreeze, left, right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { again, bits, expectSame, lastOf, told } from '../support/running.js'
import { failure, scratch, succeed } from '../support/scratch.js'

const learning = { epochs: 1, batchSize: 9 }
const steps = [train(learning), prune({ keep: { params: 0.6 }, by: 'l1', images: 9 }), train(learning)]
const dataset = tinyData()
const initial = right(init(3)(tinyNet))

const saved = (name: string, model: Model, classes: readonly string[] | null = dataset.classes): string => {
  const preprocessing = { ...preprocessingOf(dataset), classes: classes ?? [] }
  const folder = scratch({
    [name]: classes === null ? encodeModelFile(model) : encodeModelFile(model, preprocessing),
  })
  return join(folder, name)
}

/** What loading makes of an experiment in the same folder as the file. */
const resolved = async (file: string, head: number | null = null): Promise<Experiment> =>
  right(
    decode(experimentCodec)(
      await succeed(
        resolveExported(join(file, '../any.ts'))(
          experiment(from('model.safetensors', { head }), glyphs(), ...steps),
        ),
      ),
    ),
  )

const inPlace = right(decode(experimentCodec)(experiment(tinyNet, glyphs(), ...steps)))

let engine: Engine
beforeAll(async () => {
  engine = await succeed(openEngine('wasm', 2))
})

describe('begun with the weights of a file', () => {
  test('a run is that of the same model begun in place, bit for bit', async () => {
    const given = await resolved(saved('model.safetensors', initial))
    expect(given.net).toEqual(tinyNet)
    expect(given.data.normalise).toEqual({ mean: dataset.mean, deviation: dataset.deviation })
    for (const seed of [0, 3]) {
      const start = right(initialCheckpoint(seed)(given))
      expect(start.learner.model.weights).toEqual(initial.weights)
    }
    const way = { seed: 3, pastChance: true }
    expectSame(await told(engine, given, way), await told(engine, inPlace, way))
  })

  test('stopped anywhere and taken up again, it is as if never stopped', async () => {
    const given = await resolved(saved('model.safetensors', initial))
    const whole = await told(engine, given, { pastChance: true })
    for (const after of [1, 5]) {
      const first = await told(engine, given, { after, pastChance: true })
      expect(first.outcome).toBe('Interrupted')
      expectSame(
        await told(engine, given, { from: await again(lastOf(first)), log: first.log, pastChance: true }),
        whole,
      )
    }
    expect(bits(lastOf(whole))).not.toEqual(bits(lastOf(await told(engine, inPlace, { pastChance: true }))))
  })

  test('its folder holds the name, the checksum and the weights: it goes on without the file', async () => {
    const file = saved('model.safetensors', initial)
    const given = await resolved(file)
    const settings = settingsOf(0, engine, dataset, {})
    const stopping = (steps: number) => {
      let done = 0
      return { onEvent: () => undefined, onStep: () => void done++, stopping: () => done >= steps }
    }
    const opened = { engine, dataset }
    const [straight, stopped] = [join(scratch(), 'straight'), join(scratch(), 'stopped')]
    const expected = await succeed(begin(straight, settings, opened, stopping(Infinity))(given))
    await failure(begin(stopped, settings, opened, stopping(2))(given))
    rmSync(file)
    const run = await succeed(openRun(stopped))
    const { file: name, checksum } = given.from ?? {}
    expect(run.experiment.from).toEqual({ file: name, checksum, classes: dataset.classes })
    expect(left(initialCheckpoint(0)(run.experiment))).toEqual({ _tag: 'NoWeights', file: name })
    const ended = await succeed(resume(run, opened, stopping(Infinity)))
    expect({ ...ended, out: '', seconds: 0, stages: [], compared: [] }).toEqual({
      ...expected,
      ...{ out: '', seconds: 0, stages: [], compared: [] },
    })
  })

  test('another model, one more and one fewer are named by their files; the same by another name is no other', async () => {
    const { from: _, ...bare } = await resolved(saved('model.safetensors', initial))
    const begunFrom = (file: string, checksum: string) => ({
      ...bare,
      from: { file, checksum, classes: null },
    })
    const [began, renamed] = [begunFrom('a.safetensors', 'one'), begunFrom('b.safetensors', 'one')]
    const other = begunFrom('c.safetensors', 'two')
    const messageOf = (experiment: Experiment, now: Experiment) =>
      renderMessage(left(checkSameExperiment(now)({ folder: { path: 'runs/a' }, experiment } as never))) // what it reads of a run
    const sameRun = { folder: { path: 'runs/a' }, experiment: began } as never // as above
    expect(right(checkSameExperiment(renamed)(sameRun))).toBe(sameRun)
    const remedy = 'or npm run resume -- runs/a'
    expect(messageOf(began, bare)).toBe(
      `runs/a: expected a.safetensors, from which the run began, got no model to begin from; try --from a.safetensors, ${remedy}`,
    )
    expect(messageOf(began, other)).toBe(
      `runs/a: expected a.safetensors, from which the run began, got c.safetensors; try --from a.safetensors, ${remedy}`,
    )
    expect(messageOf(bare, other)).toBe(
      `runs/a: expected initial weights, from which the run began, got c.safetensors; try without it, ${remedy}`,
    )
  })

  test('a file that has changed is noticed by its name', async () => {
    const file = saved('model.safetensors', initial)
    const run = { folder: { path: 'runs/a' }, experiment: await resolved(file) }
    copyFileSync(saved('model.safetensors', right(init(4)(tinyNet))), file)
    const now = await resolved(file)
    const differs = left(checkSameExperiment(now)(run as never)) // of a run, what it reads
    expect(renderMessage(differs)).toMatch(
      /^runs\/a: expected model.safetensors as it was when the run began, of checksum \w{12}…, got \w{12}…; try /,
    )
  })
})

describe('a new head', () => {
  test('leaves every other weight as it is, and fits', () => {
    fc.assert(
      fc.property(arbitraryModel(), fc.integer({ min: 1, max: 9 }), (model, classes) => {
        const before = deepFreeze(model)
        const made = withHead(classes)(before)
        if (made._tag === 'Left') return expect(made.left).toMatchObject({ at: 'withHead' })
        expect(channelsOf(outputShape(made.right))).toBe(classes)
        const [head = ''] = Object.keys(made.right.weights).slice(-1)
        for (const [key, tensor] of Object.entries(made.right.weights))
          if (parentPath(key) !== parentPath(head)) expect(tensor).toBe(before.weights[key])
        expect(right(infer(withHead(classes)(before.net))).net).toEqual(made.right.net)
      }),
    )
  })

  test.each([
    ['a 1×1 convolution before a global pool', [conv(3, 1), relu, globalAvgPool], [1, 1, 4, 5]],
    ['a dense layer', [globalAvgPool, dense(3)], [4, 5]],
    ['a dense layer behind a flatten', [flatten, dense(3)], [144, 5]],
  ])('in the place of %s', (_, end, shape) => {
    const whole = net('any', image(6, 6, 1), convBnAct(4), ...(end as [typeof globalAvgPool])) // any end of these
    const model = right(init(0)(whole))
    const { weights } = right(withHead(5)(model))
    const [key = ''] = Object.keys(weights)
      .filter(each => each.endsWith('/kernel'))
      .slice(-1)
    expect(weights[key]?.shape).toEqual(shape)
  })

  test('is refused where there is none to replace', () => {
    const headless = net('any', image(6, 6, 1), convBnAct(4), globalAvgPool)
    for (const refused of [left(infer(withHead(3)(headless))), left(decode(netCodec)(withHead(3)(headless)))])
      expect(renderMessage(refused)).toContain(
        'withHead: expected a net that ends in a dense layer, or in a 1×1 convolution before a global pool, got 3',
      )
  })

  test('of a file begins drawn by the seed of the run, with all else given', async () => {
    expect(withHead(2)(from('a.onnx'))).toEqual(from('a.onnx', { head: 2 }))
    const given = await resolved(saved('model.safetensors', initial), 2)
    const [first, other] = [0, 1].map(seed => right(initialCheckpoint(seed)(given)).learner.model.weights)
    expect(first?.['dense/kernel']?.shape).toEqual([7, 2])
    expect(first?.['dense/kernel']).not.toEqual(other?.['dense/kernel'])
    expect(first?.['conv/kernel']).toEqual(initial.weights['conv/kernel'])
    expect(other?.['conv/kernel']).toEqual(initial.weights['conv/kernel'])
  })
})

const words = `import { ablation, from, experiment, glyphs, prune, study, train, withHead } from '${join(import.meta.dirname, '../../src/index.js')}'\n`
const asModule = (text: string) => join(scratch({ 'any.ts': `${words}export default ${text}` }), 'any.ts')

describe('in a study', () => {
  const text = `study('given', { seeds: 1 }, [
    { name: 'plain', experiment: experiment(from('model.safetensors'), glyphs(), train(${JSON.stringify(learning)})) },
    { name: 'cut', experiment: experiment(from('model.safetensors'), glyphs(), train(${JSON.stringify(learning)}),
      prune({ keep: { params: 0.6 }, by: 'l1', images: 9 })) }])`

  const saveBeside = (module: string, model: Model): void =>
    writeFileSync(join(module, '../model.safetensors'), encodeModelFile(model, preprocessingOf(dataset)))

  const runIn = (folder: string) =>
    runStudy({
      folder,
      engine,
      datasetOf: () => TE.right(dataset),
      data: {},
      observer: { onEvent: () => undefined, onStep: () => undefined, stopping: () => false },
      onCell: () => undefined,
    })

  test('each variant begins with the weights of its file, which is read once', async () => {
    const module = asModule(text)
    saveBeside(module, initial)
    const given = await succeed(loadStudy(module))
    const [plain, cut] = given.variants.map(each => each.experiment)
    expect(plain?.from?.weights).toEqual(initial.weights)
    expect(cut?.from?.weights).toBe(plain?.from?.weights)
    expect(await succeed(loadNet(module))).toEqual(tinyNet)
    const folder = scratch()
    const [first] = await succeed(runIn(folder)(given))
    const alone = await told(engine, plain as Experiment, { pastChance: true }) // both were there
    expect(first?.model.weights).toEqual(lastOf(alone).learner.model.weights)
    saveBeside(module, right(init(4)(tinyNet)))
    expect(await failure(runIn(folder)(await succeed(loadStudy(module))))).toMatchObject({
      _tag: 'ModelDiffers',
    })
  })

  test('an ablation is of the model too', async () => {
    const written: Study<PlannedExperiment> = ablation('of', {
      ...{ net: from('model.safetensors'), data: glyphs(), base: train(learning), repair: train(learning) },
      ...{ trainings: { none: { fade: null } }, epochs: 1, criteria: ['l1'], removed: [0.5], seeds: 1 },
    })
    const module = asModule(JSON.stringify(written))
    saveBeside(module, initial)
    const [variant] = (await succeed(loadStudy(module))).variants
    expect(variant?.experiment.from?.weights).toEqual(initial.weights)
    expect(variant?.experiment.schedule.map(({ _tag }) => _tag)).toEqual(['train', 'push', 'prune', 'train'])
  })

  test('what cannot be read is refused by its variant', async () => {
    const planned = experiment(from('gone.safetensors'), glyphs())
    const both = study('both', {}, [
      { name: 'a', experiment: inPlace },
      { name: 'b', experiment: planned },
    ])
    const module = (made: object) => asModule(JSON.stringify(made))
    expect(renderMessage(await failure(loadStudy(module(both))))).toMatch(
      /gone.safetensors: expected a file or folder, got none/,
    )
    const wrong = { ...planned, net: { ...planned.net, file: 3 } }
    const variants = both.variants.map(each => (each.name === 'b' ? { ...each, experiment: wrong } : each))
    expect(renderMessage(await failure(loadStudy(module({ ...both, variants }))))).toMatch(
      /any.ts: variants 2 \(b\), net \(from\), file: expected string, got 3/,
    )
  })
})

describe('what cannot begin is refused in one line', () => {
  test.each([
    [
      ['a', 'b', 'c', 'd'],
      4,
      /4 classes \(a, b, c, d\), got 3 classes \(row, column, diagonal\); try withHead\(3\)/,
    ],
    [['row', 'diagonal', 'column'], 3, /3 classes \(row, diagonal, column\), got 3 classes \(row, col/],
    [
      null,
      4,
      /the model's 4 classes, got 3 classes \(row, column, diagonal\); try withHead\(3\)\(from\('model/,
    ],
  ])('other classes: %j', async (classes, count, message) => {
    const given = await resolved(saved('model.safetensors', right(withHead(count)(initial)), classes))
    const { model } = right(initialCheckpoint(0)(given)).learner
    expect(renderMessage(left(checkRun(dataset, given)(model)))).toMatch(message)
  })

  test('weights that do not fit a net that is written out', async () => {
    const wide = net('wide', image(6, 6, 1), convBnAct(8), globalAvgPool, dense(3))
    const narrow = net('narrow', image(6, 6, 1), convBnAct(4), globalAvgPool, dense(3))
    const file = saved('model.safetensors', right(init(0)(narrow)))
    const misfit = await failure(beginFromFile(file)(experiment(wide, glyphs(), ...steps)))
    expect(renderMessage(misfit)).toMatch(
      /model.safetensors: weight conv\/kernel: expected 3×3×1×8, got 3×3×1×4/,
    )
    const fits = await succeed(beginFromFile(file)(experiment(narrow, glyphs(), ...steps)))
    expect(right(initialCheckpoint(9)(fits)).learner.model.weights).toEqual(right(init(0)(narrow)).weights)
  })

  test.each([
    ["experiment(from('gone.safetensors'), glyphs())", /gone.safetensors/],
    ["experiment(from('any.ts'), glyphs())", /any.ts: expected a model as .*got another file/],
    ['experiment(from(3), glyphs())', /file: expected .*string, got 3/],
    ["experiment(withHead(0)(from('any.onnx')), glyphs())", /head: expected a whole number ≥ 1.*, got 0/],
    [
      "experiment(from('any.onnx', { heads: 3 }), glyphs())",
      /expected a known option, got 'heads'; try 'head'/,
    ],
  ])('%s', async (text, message) => {
    expect(renderMessage(await failure(loadExperiment(asModule(text))))).toMatch(message)
  })

  test('and a model of another format is read as import reads it', async () => {
    const module = asModule("experiment(withHead(2)(from('onnx/model.onnx')), glyphs())")
    const folder = join(module, '../onnx')
    await succeed(exportModel({ to: 'onnx', folder })(initial))
    const { model } = await succeed(readAnyModel(join(folder, 'model.onnx')))
    const begun = right(initialCheckpoint(0)(await succeed(loadExperiment(module)))).learner.model
    expect(channelsOf(outputShape(begun))).toBe(2)
    const [key = ''] = Object.keys(model.weights)
    expect(begun.weights[key]).toEqual(model.weights[key])
  })

  test('and a model beside the module is found from anywhere', async () => {
    const module = asModule("experiment(from('model.safetensors'), glyphs(), train({ batchSize: 9 }))")
    writeFileSync(join(module, '../model.safetensors'), encodeModelFile(initial))
    expect((await succeed(loadExperiment(module))).from?.weights).toEqual(initial.weights)
  })
})
