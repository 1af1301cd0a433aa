/** A run that goes on with other steps than it began with. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { RunError } from '../../../src/run/error.js'
import { resume } from '../../../src/run/run.js'
import type { Experiment } from '../../../src/run/schedule/experiment.js'
import { prune, push, train } from '../../../src/run/schedule/schedule.js'
import type { Step } from '../../../src/run/schedule/steps.js'
import { folderAt } from '../../../src/run/storage/folder.js'
import { openRun } from '../../../src/run/storage/stored-run.js'
import { tinyNet } from '../../support/nets/tiny.js'
import { failure, succeed } from '../../support/scratch.js'
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
  on,
  resuming,
  watching,
} from './runs.js'

describe.runIf(engine !== null)('a run that goes on as another experiment', () => {
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
