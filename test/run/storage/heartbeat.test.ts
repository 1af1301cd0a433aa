/** Processes of other hosts, of which only files tell whether they are at work. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { RunEvent } from '../../../src/run/events.js'
import type { Note } from '../../../src/run/notes.js'
import { begin } from '../../../src/run/run.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train } from '../../../src/run/schedule/schedule.js'
import { folderAt } from '../../../src/run/storage/folder.js'
import { lease, startHeartbeat } from '../../../src/run/storage/heartbeat.js'
import { settingsOf } from '../../../src/run/storage/settings.js'
import { available } from '../../support/engines.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { failure, scratch, succeed } from '../../support/scratch.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

test('a sign of life is given while the main thread is busy, and a file that is gone stays gone', async () => {
  const file = join(scratch({ lock: 'process' }), 'lock')
  utimesSync(file, 1, 1)
  const end = startHeartbeat(file, 30)
  await setTimeout(60)
  const began = performance.now()
  while (statSync(file).mtimeMs < 10_000 && performance.now() - began < 20_000)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  expect([statSync(file).mtimeMs > Date.now() - 60_000, readFileSync(file, 'utf8')]).toEqual([
    true,
    'process',
  ])
  rmSync(file)
  await setTimeout(100)
  expect(existsSync(file)).toBe(false)
  await end()
})

describe.runIf(engine !== null)('a folder', () => {
  const on = engine as Engine // runIf has looked
  const dataset = tinyData()
  const short = experiment(tinyNet, glyphs(), train({ epochs: 3, batchSize: 9, lrSchedule: constant() }))

  const beginning = (path: string, onEvent: (event: RunEvent) => void = () => undefined) => {
    const notes: Note[] = []
    const observer = {
      onEvent,
      onStep: () => undefined,
      stopping: () => false,
      onNote: (note: Note) => void notes.push(note),
      beside: false,
    }
    const settings = settingsOf(0, on, dataset, {})
    return { notes, run: begin(path, settings, { engine: on, dataset }, observer)(short) }
  }

  test('that a process of another host holds is taken over once that has given no sign for long', async () => {
    const path = scratch()
    const lock = join(path, 'lock.7.8.elsewhere')
    writeFileSync(lock, 'process 7')
    expect(await failure(beginning(path).run)).toEqual({
      _tag: 'RunLocked',
      folder: path,
      pid: 7,
      host: 'elsewhere',
    })
    const then = (Date.now() - lease - 5000) / 1000
    utimesSync(lock, then, then)
    const { run, notes } = beginning(path)
    await succeed(run)
    expect(notes).toEqual([{ _tag: 'LockTakenOver', folder: path, pid: 7 }])
    expect(readdirSync(path).filter(name => name.startsWith('lock.'))).toEqual([])
  })

  test('that was taken over is written to no more', async () => {
    const path = join(scratch(), 'run')
    mkdirSync(path)
    let saved: Buffer | null = null
    const { run } = beginning(path, event => {
      if (event._tag !== 'epoch' || saved !== null) return
      for (const name of readdirSync(path)) if (name.startsWith('lock.')) rmSync(join(path, name))
      saved = readFileSync(folderAt(path).checkpoint)
    })
    const error = await failure(run)
    expect(error).toEqual({ _tag: 'RunLost', folder: path })
    expect(renderMessage(error)).toMatch(
      /expected to work in it alone, got another process that took it over/,
    )
    expect(readFileSync(folderAt(path).checkpoint).equals(saved ?? Buffer.of())).toBe(true)
    expect(existsSync(folderAt(path).result)).toBe(false)
  })
})
