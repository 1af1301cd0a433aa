/** A run in its folder: begun or refused, killed anywhere, damaged, expected by two at once, changed on the way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, resolve } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { readModel } from '../../../src/convert/model-file.js'
import type { Dataset } from '../../../src/data/dataset.js'
import { openData } from '../../../src/data/open.js'
import { glyphs, imageFolder } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { ownerText, processOf } from '../../../src/io/process-owner.js'
import { encodeTensors } from '../../../src/io/safetensors.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { net } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { RunError } from '../../../src/run/error.js'
import { loadNet } from '../../../src/run/load/net.js'
import type { Note } from '../../../src/run/notes.js'
import type { RunObserver } from '../../../src/run/observer.js'
import { begin, type Changes, resume } from '../../../src/run/run.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import type { Step } from '../../../src/run/schedule/steps.js'
import { type Destination, folderAt } from '../../../src/run/storage/folder.js'
import { type DataSettings, settingsOf, withData } from '../../../src/run/storage/settings.js'
import { latest, openRun } from '../../../src/run/storage/stored-run.js'
import { available } from '../../support/engines.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { root } from '../../support/programs/command.js'
import { untimed } from '../../support/running.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 1, batchSize: 9, lrSchedule: constant() }
const of = (...steps: Parameters<typeof experiment>[2][]) => experiment(tinyNet, glyphs(), ...steps)

/** Trains, grows, pushes and prunes. */
const whole = of(
  train(learning),
  grow({ after: 'module', module: convBnAct(7, 1, { name: 'grown' }), max: 1 }, train(learning)),
  untilTarget({ keep: { params: 0.6 }, rounds: 1 }, push(learning), prune({ images: 9 })),
)

describe.runIf(engine !== null)('a run in a folder', () => {
  const on = engine as Engine // runIf has looked
  const dataset = tinyData()

  interface Way {
    readonly data?: Dataset
    /** Steps of training after which somebody asks to stop. */
    readonly after?: number
    readonly onEvent?: RunObserver['onEvent']
  }

  const watching = ({ after = Infinity, onEvent = () => undefined }: Way) => {
    const [notes, folders]: [Note[], string[]] = [[], []]
    let steps = 0
    const observer: RunObserver = {
      onEvent,
      onStep: () => void steps++,
      stopping: () => steps >= after,
      onNote: note => notes.push(note),
      onFolder: path => folders.push(path),
      beside: false,
    }
    return { observer, notes, folders }
  }

  const beginning = (place: Destination, what: Experiment, way: Way = {}, from: DataSettings = {}) => {
    const { data = dataset } = way
    const { observer, ...seen } = watching(way)
    const opened = { engine: on, dataset: data }
    return { ...seen, run: begin(place, settingsOf(0, on, data, from), opened, observer)(what) }
  }

  const resuming = (path: string, changes: Changes = {}, way: Way = {}) => {
    const { observer, ...seen } = watching(way)
    const opened = { engine: on, dataset: way.data ?? dataset }
    return {
      ...seen,
      run: pipe(
        openRun(path),
        TE.flatMap(run => resume(run, opened, observer, changes)),
      ),
    }
  }

  const newPath = () => join(scratch(), 'run')

  const logOf = (path: string) =>
    readFileSync(folderAt(path).events, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => untimed(JSON.parse(line)))

  const modelOf = (path: string) => readFileSync(folderAt(path).model)

  const copied = (path: string): string => {
    const copy = join(scratch(), basename(path))
    cpSync(path, copy, { recursive: true })
    return copy
  }

  /** Every file of a run, to find that nothing has changed. */
  const bytesOf = (path: string) =>
    readdirSync(path, { withFileTypes: true }).flatMap(entry =>
      entry.isFile() ? [[entry.name, readFileSync(join(path, entry.name))] as const] : [],
    )

  /** Interrupted in its last round. */
  const stopped = newPath()
  const straight = newPath()
  /** As a kill would leave the folder, at each of its events. */
  const killed: string[] = []
  beforeAll(async () => {
    expect(await failure(beginning(stopped, whole, { after: 10 }).run)).toEqual({ _tag: 'Interrupted' })
    await succeed(beginning(straight, whole, { onEvent: () => void killed.push(copied(straight)) }).run)
  })

  describe('that is refused', () => {
    const far = prune({ by: 'l1', keep: { params: 0.5 }, freeze: ['nowhere'] })
    test.each<readonly [string, Experiment, Dataset]>([
      ['DataDiffers', whole, { ...dataset, classes: ['one', 'two'] }],
      ['UnknownPath', of(train(learning), far), dataset],
      ['NoTarget', of(prune({ by: 'l1' })), dataset],
      ['TooFewImages', of(train({ ...learning, batchSize: 37 })), dataset],
      [
        'TooFewImages',
        of(untilTarget({ keep: { params: 0.6 }, rounds: 1 }, push({ ...learning, batchSize: 40 }), prune())),
        dataset,
      ],
    ])('for %s leaves no folder and does not say that it is kept', async (tag, what, data) => {
      const path = newPath()
      const { run, folders } = beginning(path, what, { data })
      expect(await failure(run)).toMatchObject({ _tag: tag })
      expect([existsSync(path), folders]).toEqual([false, []])
    })

    test('for a run that is there leaves that as it was', async () => {
      const copy = copied(stopped)
      const before = bytesOf(copy)
      const { run, folders } = beginning(copy, whole)
      expect(await failure(run)).toEqual({ _tag: 'RunThere', folder: copy })
      expect([bytesOf(copy), folders]).toEqual([before, []])
    })
  })

  test('begun under one name at the same time has a folder of its own each time, and says which', async () => {
    const free = join(scratch(), 'net-2026')
    const short = of(train(learning))
    const both = [beginning({ free }, short), beginning({ free }, short)]
    const results = await Promise.all(both.map(({ run }) => succeed(run)))
    expect(results.map(({ out }) => out).toSorted()).toEqual([free, `${free}-2`])
    expect(both.map(({ folders }) => folders)).toEqual(results.map(({ out }) => [out]))
    expect(modelOf(free)).toEqual(modelOf(`${free}-2`))
  })

  test('killed anywhere, with what a kill leaves, goes on as if never stopped', async () => {
    expect(killed.length).toBeGreaterThan(8)
    const pid = 2 ** 30 // more than any system gives out
    const gone = ownerText({ ...processOf(process.pid), pid })
    for (const path of killed) {
      const [own = ''] = readdirSync(path).filter(name => name.startsWith('lock.'))
      renameSync(join(path, own), join(path, `lock.${gone}`))
      appendFileSync(folderAt(path).events, '{"_tag":"epoch","sta')
      mkdirSync(folderAt(path).met, { recursive: true })
      for (const at of [path, folderAt(path).met])
        writeFileSync(join(at, `x.safetensors.${gone}.part`), 'half')
      const { run, notes } = resuming(path)
      await succeed(run)
      expect(notes).toEqual([{ _tag: 'LockTakenOver', folder: path, pid }])
      expect([logOf(path), modelOf(path)]).toEqual([logOf(straight), modelOf(straight)])
      expect(readdirSync(path, { recursive: true }).toSorted()).toEqual(
        readdirSync(straight, { recursive: true }).toSorted(),
      )
    }
  })

  describe('whose log is damaged', () => {
    /** Ends as it should, says so once, and its log can be read from there on. */
    const expectMended = async (path: string, kept: number): Promise<void> => {
      const known = (await succeed(pipe(openRun(path), TE.flatMap(latest)))).logged
      const snapshots: string[] = []
      const { run, notes } = resuming(path, {}, { onEvent: () => void snapshots.push(copied(path)) })
      const { met, cuts } = await succeed(run)
      expect(notes).toEqual([{ _tag: 'LogMended', file: folderAt(path).events, kept, known }])
      expect(modelOf(path)).toEqual(modelOf(straight))
      expect([met?.map(({ name }) => name), cuts?.length]).toEqual([['1-0-base', '1-1-grown'], 1])
      const later = logOf(straight).slice(logOf(stopped).length)
      expect(logOf(path).slice(-later.length)).toEqual(later)
      const [soon = ''] = snapshots // killed before anything else was saved
      for (const name of readdirSync(soon).filter(each => each.startsWith('lock.'))) rmSync(join(soon, name))
      const again = resuming(soon)
      expect([(await succeed(again.run)).met, again.notes]).toEqual([met, []])
      expect(logOf(soon)).toEqual(logOf(path))
    }

    test('by being gone begins it anew', async () => {
      const copy = copied(stopped)
      rmSync(folderAt(copy).events)
      await expectMended(copy, 0)
    })

    test('by being cut anywhere goes on behind its last whole line', async () => {
      const log = readFileSync(folderAt(stopped).events)
      await fc.assert(
        fc.asyncProperty(fc.nat(log.length - 1), async length => {
          const copy = copied(stopped)
          truncateSync(folderAt(copy).events, length)
          await expectMended(copy, log.subarray(0, length).lastIndexOf('\n') + 1)
        }),
        { numRuns: 4 },
      )
    })

    test('by lines torn into each other goes on behind the last that is whole', async () => {
      const copy = copied(stopped)
      const lines = readFileSync(folderAt(copy).events, 'utf8').split('\n')
      const [first = '', second = '', ...rest] = lines
      writeFileSync(folderAt(copy).events, [first, second.slice(3), ...rest, 'more'].join('\n'))
      await expectMended(copy, first.length + 1)
    })

    test('says so in a line', () => {
      const file = 'run/events.jsonl'
      expect(renderMessage({ _tag: 'LogMended', file, kept: 0, known: 90 })).toContain('begins anew')
      expect(renderMessage({ _tag: 'LogMended', file, kept: 40, known: 90 })).toContain('40 of 90 bytes')
    })
  })

  describe('that others hold', () => {
    test('is refused by name, at its beginning and later, and untouched', async () => {
      const copy = copied(stopped)
      const other = processOf(process.ppid)
      for (const owner of [other, { pid: 7, started: '', host: 'another-host' }]) {
        const file = join(copy, `lock.${ownerText(owner)}`)
        writeFileSync(file, 'held')
        const before = bytesOf(copy)
        const refused = { _tag: 'RunLocked', folder: copy, pid: owner.pid, host: owner.host }
        for (const { run } of [resuming(copy), beginning(copy, whole)])
          expect(await failure(run)).toEqual(refused)
        expect(bytesOf(copy)).toEqual(before)
        expect(renderMessage({ ...refused, _tag: 'RunLocked' })).toContain(
          `process ${owner.pid} on ${owner.host}`,
        )
        rmSync(file)
      }
    })

    test('twice in one process is done once, and its log stays whole', async () => {
      const copy = copied(stopped)
      const both = await Promise.all([resuming(copy).run(), resuming(copy).run()])
      expect(both.filter(E.isRight).length).toBe(1)
      expect(both.find(E.isLeft)?.left).toMatchObject({ _tag: 'RunLocked', pid: process.pid })
      expect([logOf(copy), modelOf(copy)]).toEqual([logOf(straight), modelOf(straight)])
    })

    test('goes to one of several processes that want it at the same time', async () => {
      const folder = scratch()
      const script = join(
        scratch({
          'package.json': '{ "type": "module" }',
          'hold.ts': `import { once } from 'node:events'
import { holdingFolder } from '${root}/src/run/storage/lock.js'
process.stdout.write('ready')
process.stdin.once('data', async () => {
  const hold = async () => {
    process.stdout.write('held')
    return { _tag: 'Right', right: await once(process.stdin, 'end') }
  }
  const { _tag } = await holdingFolder(process.argv[2] ?? '', () => undefined)(hold)()
  if (_tag === 'Left') process.stdout.write('left')
})
`,
        }),
        'hold.ts',
      )
      const children = [1, 2, 3].map(() =>
        spawn(process.execPath, ['--import', 'tsx', script, folder], { cwd: root }),
      )
      const said = children.map(() => '')
      children.forEach((child, nth) => {
        child.stdout.on('data', (text: Buffer) => {
          said[nth] += `${text}`
        })
      })
      await Promise.all(children.map(({ stdout }) => once(stdout, 'data')))
      await Promise.all(
        children.map(({ stdin, stdout }) => {
          stdin.write('go')
          return once(stdout, 'data')
        }),
      )
      for (const { stdin } of children) stdin.end()
      await Promise.all(children.map(child => once(child, 'close')))
      expect(said.toSorted()).toEqual(['readyheld', 'readyleft', 'readyleft'])
      expect(readdirSync(folder)).toEqual([])
    })
  })

  describe('that goes on as another experiment', () => {
    const first = train({ ...learning, epochs: 2 })
    const two = of(first, train({ ...learning, epochs: 2 }))
    const path = newPath()
    beforeAll(async () => {
      await failure(beginning(path, two, { after: 11 }).run) // in the second step
    })

    const shorter = of(first, train(learning))
    const refusals: readonly (readonly [string, Experiment, RunError['_tag'], string])[] = [
      [
        'with more epochs in a step that is done',
        of(train({ ...learning, epochs: 3 }), shorter.schedule[1] as Step),
        'DoneDiffers',
        'schedule.0.epochs 3 instead of 2',
      ],
      ['with fewer steps than are done', of(), 'DoneDiffers', 'schedule.0'],
      ['with another net', { ...two, net: { ...tinyNet, name: 'other' } }, 'DoneDiffers', 'net.name'],
      ['with another kind of step under way', of(first, push(learning)), 'DoneDiffers', 'schedule.1._tag'],
      ['whose new step cannot be', of(...two.schedule, prune({ by: 'l1' })), 'NoTarget', 'expected a target'],
      [
        'whose new step has too few images',
        of(...two.schedule, train({ ...learning, batchSize: 99 })),
        'TooFewImages',
        '99',
      ],
    ]
    test.each(refusals)('%s is refused before anything is written', async (_, now, tag, said) => {
      const copy = copied(path)
      const before = bytesOf(copy)
      const refused = await failure(resuming(copy, { experiment: now }).run)
      expect(refused._tag).toBe(tag)
      expect(renderMessage(refused)).toContain(said)
      expect(bytesOf(copy)).toEqual(before)
    })

    test('ends as if begun as that, where only what is to come differs', async () => {
      const [copy, fresh] = [copied(path), newPath()]
      const longer = of(...two.schedule, train({ ...learning, learningRate: 0.01 }))
      const result = await succeed(resuming(copy, { experiment: longer }).run)
      await succeed(beginning(fresh, longer).run)
      expect(result.stages.length).toBe(3)
      expect([logOf(copy), modelOf(copy)]).toEqual([logOf(fresh), modelOf(fresh)])
    })

    test('trains on where the step under way has more epochs', async () => {
      const copy = copied(path)
      const more = of(first, train({ ...learning, epochs: 3 }))
      await succeed(resuming(copy, { experiment: more }).run)
      expect(logOf(copy).filter(({ _tag }) => _tag === 'epoch').length).toBe(2 + 3)
    })

    test('killed between its two writes is still what it was', async () => {
      const copy = copied(path)
      const { experiment: file } = folderAt(copy)
      const run = await succeed(openRun(copy))
      const old = readFileSync(file)
      rmSync(file)
      mkdirSync(file) // nothing can be written there
      const longer = of(...two.schedule, train(learning))
      const { observer } = watching({})
      const refused = await failure(resume(run, { engine: on, dataset }, observer, { experiment: longer }))
      expect(refused).toMatchObject({ _tag: 'FileFailed' })
      rmSync(file, { recursive: true })
      writeFileSync(file, old)
      expect((await succeed(resuming(copy).run)).stages.length).toBe(2)
    })
  })

  test('describes as the net it has come to, as do its checkpoint and its model', async () => {
    const { learner } = await succeed(pipe(openRun(stopped), TE.flatMap(latest)))
    expect(await succeed(loadNet(stopped))).toEqual(learner.model.net)
    expect(await succeed(loadNet(folderAt(straight).model))).toEqual(await succeed(loadNet(straight)))
    expect(await succeed(loadNet(folderAt(stopped).checkpoint))).toEqual(learner.model.net)
    const none = scratch()
    const wanted = (got: string) =>
      `expected a .ts or .js module, or for describe a model (a run's folder, .safetensors, .onnx, .keras, .h5, a folder with model.json), got ${got}; try another path`
    expect(renderMessage(await failure(loadNet(none)))).toBe(`${none}: ${wanted('a folder')}`)
    const file = join(scratch({ 'model.pb': '' }), 'model.pb')
    for (const nowhere of [join(file, 'x'), join(none, 'a'.repeat(5000))])
      expect(await failure(loadNet(nowhere))).toEqual({ _tag: 'FileMissing', file: nowhere })
    const refused = await failure(loadNet(file))
    expect(renderMessage(refused)).toBe(`${file}: ${wanted('a .pb file')}`)
  })

  test('has one file that is a model', async () => {
    const { model, checkpoint } = folderAt(straight)
    expect((await succeed(readModel(model))).net).toEqual(await succeed(loadNet(straight)))
    expect(renderMessage(await failure(readModel(checkpoint)))).toBe(
      `${checkpoint}: expected a model, got a run's checkpoint; try the run's folder`,
    )
    const file = join(
      scratch({ 'other.safetensors': encodeTensors({}, { format: 'pt' }) }),
      'other.safetensors',
    )
    for (const load of [readModel, loadNet])
      expect(renderMessage(await failure<RunError>(load(file)))).toBe(
        `${file}: expected a model with its net in the metadata, got the weights of another program; try the file that a run, or import, wrote`,
      )
  })

  describe('of images on disk', () => {
    const small = net('small', image(8, 8, 3), convBnAct(4), globalAvgPool, dense(2))
    const spec = imageFolder(image(8, 8, 3), {
      validation: 0.25,
      normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
    })
    const what = experiment(small, spec, train({ ...learning, batchSize: 4, epochs: 3 }))

    /** Images of two classes, one of them no image at all where its name is given. */
    const pictures = async (bad: string | null): Promise<string> => {
      const names = ['train', 'test'].flatMap(part =>
        ['cat', 'dog'].flatMap(name => Array.from({ length: 12 }, (_, nth) => `${part}/${name}/${nth}.png`)),
      )
      const files = await Promise.all(
        names.map(async (name, nth) => {
          const colour = { r: 10 * nth, g: name.includes('cat') ? 200 : 20, b: 99 % (nth + 1) }
          const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: colour } })
            .png()
            .toBuffer()
          return [name, name === bad ? Buffer.from('<html>') : png] as const
        }),
      )
      return scratch(Object.fromEntries(files))
    }

    const opening = (folder: string, skipBad: boolean, memory?: number): Promise<Dataset> =>
      succeed(openData({ folder, seed: 0, skipBad, ...(memory !== undefined && { memory }) })(spec))

    test.each(['train/cat/7.png', 'test/dog/3.png'])(
      'decoded as they are expected, stopped by a bad one (%s), ends without it as if begun without',
      async bad => {
        const folder = await pictures(bad)
        const [path, other] = [newPath(), newPath()]
        const data = await opening(folder, false, 100)
        const { run } = beginning(path, what, { data }, { folder })
        const refused = await failure(run)
        expect(refused).toMatchObject({ _tag: 'NotAnImage' })
        expect(renderMessage(refused)).toContain('--skip-bad')
        expect(await failure(resuming(path, {}, { data }).run)).toEqual(refused)
        const skipping = await opening(folder, true, 100)
        await succeed(resuming(path, { data: { skipBad: true } }, { data: skipping }).run)
        expect(skipping.skipped.length).toBe(1)
        expect((await succeed(openRun(path))).settings.data.skipBad).toBe(true)
        const without = await opening(folder, true, 100)
        await succeed(beginning(other, what, { data: without }, { folder, skipBad: true }).run)
        expect([logOf(path), modelOf(path)]).toEqual([logOf(other), modelOf(other)])
      },
    )

    test('that had all of them does not go on with fewer', async () => {
      const [good, bad] = [await pictures(null), await pictures('train/cat/7.png')]
      const path = newPath()
      const data = await opening(good, false)
      await failure(beginning(path, what, { data, after: 5 }, { folder: good }).run)
      const fewer = { ...(await opening(bad, true)), checksum: data.checksum }
      const refused = await failure(resuming(path, { data: { skipBad: true } }, { data: fewer }).run)
      expect(refused).toMatchObject({ _tag: 'ImagesLost', folder: path, images: 1 })
      expect(renderMessage(refused)).toContain('7.png')
    })

    test('moved goes on with them where they are now, and knows the whole path', async () => {
      const [from, to, path] = [await pictures(null), join(scratch(), 'moved'), newPath()]
      const data = await opening(from, false)
      await failure(beginning(path, what, { data, after: 5 }, { folder: 'here/below' }).run)
      expect((await succeed(openRun(path))).settings.data.folder).toBe(resolve('here/below'))
      renameSync(from, to)
      const { settings } = await succeed(openRun(path))
      expect(withData(settings, { folder: to }).data.folder).toBe(to)
      await succeed(resuming(path, { data: { folder: to } }, { data: await opening(to, false) }).run)
      expect((await succeed(openRun(path))).settings.data.folder).toBe(to)
    })
  })
})
