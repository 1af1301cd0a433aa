/** A short run of the tiny net, cut once, as a page reads it. */
import { join } from 'node:path'
import { glyphs } from '../../src/data/spec.js'
import type { Resources } from '../../src/run/context.js'
import { keepAnswers } from '../../src/run/review/answers.js'
import { type RunRecord, readRecord } from '../../src/run/review/record.js'
import { begin } from '../../src/run/run.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, train } from '../../src/run/schedule/schedule.js'
import { settingsOf } from '../../src/run/storage/settings.js'
import { openRun } from '../../src/run/storage/stored-run.js'
import { tinyNet } from './nets/tiny.js'
import { scratch, succeed } from './scratch.js'

const quick = { epochs: 1, batchSize: 9 }

export const finishedRun = async (resources: Resources, seed: number): Promise<RunRecord> => {
  const folder = join(scratch(), 'run')
  const settings = settingsOf(seed, resources.engine, resources.dataset, {})
  const observer = {
    onEvent: () => undefined,
    onStep: () => undefined,
    stopping: () => false,
    pastChance: true,
  }
  const schedule = [train(quick), prune({ keep: { params: 0.6 }, by: 'l1' }), train(quick)]
  await succeed(begin(folder, settings, resources, observer)(experiment(tinyNet, glyphs(), ...schedule)))
  await succeed(keepAnswers(resources)(await succeed(openRun(folder))))
  return succeed(readRecord(folder))
}
