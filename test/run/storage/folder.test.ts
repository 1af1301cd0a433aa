/** A run in its folder: begun or refused, killed anywhere, damaged, expected by two at once. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { readModel } from '../../../src/convert/model-file.js'
import type { Dataset } from '../../../src/data/dataset.js'
import { ownerText, processOf } from '../../../src/io/process-owner.js'
import { encodeTensors } from '../../../src/io/safetensors.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { RunError } from '../../../src/run/error.js'
import { loadNet } from '../../../src/run/load/net.js'
import type { Experiment } from '../../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../../src/run/schedule/schedule.js'
import { folderAt } from '../../../src/run/storage/folder.js'
import { latest, openRun } from '../../../src/run/storage/stored-run.js'
import { root } from '../../support/programs/command.js'
import { failure, scratch, succeed } from '../../support/scratch.js'
import {
  beginning,
  bytesOf,
  copied,
  dataset,
  engine,
  learning,
  logOf,
  modelOf,
  newPath,
  of,
  resuming,
  whole,
} from './runs.js'

describe.runIf(engine !== null)('a run in a folder', () => {
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
})
