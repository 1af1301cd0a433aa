/** What a run has saved survives a power cut: in which order it tells the system to keep what it has written. */
import { basename, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { begin } from '../../../src/run/run.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { train } from '../../../src/run/schedule/schedule.js'
import { settingsOf } from '../../../src/run/storage/settings.js'
import { available } from '../../support/engines.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { scratch, succeed } from '../../support/scratch.js'

/** What was done to which file, in order. */
const done = vi.hoisted((): [what: 'append' | 'sync' | 'rename', file: string][] => [])

vi.mock('node:fs/promises', async original => {
  const real = await original<typeof import('node:fs/promises')>()
  const open: typeof real.open = async (path, ...how) => {
    const handle = await real.open(path, ...how)
    const sync = handle.sync.bind(handle)
    handle.sync = () => {
      done.push(['sync', `${path}`])
      return sync()
    }
    return handle
  }
  const appendFile: typeof real.appendFile = (path, ...what) => {
    done.push(['append', `${path}`])
    return real.appendFile(path, ...what)
  }
  const rename: typeof real.rename = (from, to) => {
    done.push(['rename', `${to}`])
    return real.rename(from, to)
  }
  return { ...real, open, appendFile, rename }
})

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

test.runIf(engine !== null)(
  'the log before the checkpoint, a file before its name, its folder after',
  async () => {
    if (engine === null) throw new Error('runIf has looked')
    const [path, dataset] = [join(scratch(), 'run'), tinyData()]
    const observer = { onEvent: () => undefined, onStep: () => undefined, stopping: () => false }
    const what = experiment(tinyNet, glyphs(), train({ epochs: 2, batchSize: 9, lrSchedule: constant() }))
    await succeed(begin(path, settingsOf(0, engine, dataset, {}), { engine, dataset }, observer)(what))
    const log = join(path, 'events.jsonl')
    const saved = done.flatMap(([what, file], at) =>
      what === 'rename' && basename(file) === 'checkpoint.safetensors' ? [at] : [],
    )
    expect(saved.length).toBe(1 + 2 + 1)
    for (const at of saved) {
      const [last] = done.slice(0, at).findLast(([, file]) => file === log) ?? []
      if (at !== saved[0]) expect(last).toBe('sync')
    }
    done.forEach(([what, file], at) => {
      if (what !== 'rename') return
      expect(done[at - 1]).toEqual(['sync', expect.stringMatching(/\.part$/)])
      expect(done[at + 1]).toEqual(['sync', join(file, '..')])
    })
  },
)
