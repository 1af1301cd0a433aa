/** The page of a run: its figures, what is missing, and that nothing in it is more than text. */
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import { glyphs } from '../../src/data/spec.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { countParams } from '../../src/net/counts.js'
import { element, renderNode } from '../../src/report/html/element.js'
import { runDrawing } from '../../src/report/pages/drawing.js'
import { featuresOver } from '../../src/report/pages/features.js'
import { runPage, statesOf } from '../../src/report/pages/run-page.js'
import { runsPage } from '../../src/report/pages/runs-page.js'
import { percent, thousands } from '../../src/report/text/numbers.js'
import type { Resources } from '../../src/run/context.js'
import type { Result, RunEvent } from '../../src/run/events.js'
import { keepAnswers } from '../../src/run/review/answers.js'
import { type RunRecord, readRecord } from '../../src/run/review/record.js'
import { begin } from '../../src/run/run.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, train } from '../../src/run/schedule/schedule.js'
import { settingsOf } from '../../src/run/storage/settings.js'
import { openRun } from '../../src/run/storage/stored-run.js'
import { decisionOf } from '../../src/surgery/analysis/decision.js'
import { right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { all, attribute, expectSelfContained, parsed, textOf } from '../support/page.js'
import { scratch, succeed } from '../support/scratch.js'

const hostile = '<script>alert("1")</script> & \'x\' <b>'

const data: Dataset = { ...tinyData(), classes: ['row', hostile, 'diagonal'] }
const path = join(scratch(), 'run')
let resources: Resources
let result: Result
let record: RunRecord
let page: string

const observer = { onEvent: () => undefined, onStep: () => undefined, stopping: () => false }

const runIn = (folder: string, schedule: Parameters<typeof experiment>[2][]) =>
  begin(folder, settingsOf(0, resources.engine, data, {}), resources, { ...observer, pastChance: true })(
    experiment(tinyNet, glyphs(), ...schedule),
  )

const quick = { epochs: 1, batchSize: 9 }

beforeAll(async () => {
  resources = { engine: await succeed(loadWasm(1)), dataset: data }
  result = await succeed(
    runIn(path, [train(quick), prune({ keep: { params: 0.6 }, by: 'l1' }), train(quick)]),
  )
  await succeed(keepAnswers(resources)(await succeed(openRun(path))))
  record = await succeed(readRecord(path))
  page = await runPage(record)()
})

/** A copy of the run's folder, changed. */
const changed = async (change: (folder: string) => void): Promise<string> => {
  const folder = join(scratch(), 'run')
  cpSync(path, folder, { recursive: true })
  change(folder)
  return runPage(await succeed(readRecord(folder)))()
}

test('any text is parsed back as that text, in an element and in an attribute', () => {
  const shown = (text: string): string =>
    text.replace(/[^\P{Cc}\t\n]|\p{Cs}|\p{Noncharacter_Code_Point}/gu, '\uFFFD')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const markup = renderNode(element('div', {}, element('p', { title: text }, text)))
      const [found] = all(parsed(`<!DOCTYPE html><title>.</title>${markup}`), 'p')
      expect([found && textOf(found), found && attribute(found, 'title')]).toEqual([shown(text), shown(text)])
    }),
    { examples: [[hostile], ['\u0000\uD800"\'&amp;'], ['</script><!--'], ['\u{10FFFE}']] },
  )
})

test('the page of a run is valid, and shows its figures', () => {
  const tree = parsed(page)
  const said = textOf(tree)
  const { nets, settings } = record
  for (const figure of [
    percent(result.test.accuracy),
    thousands(result.params),
    settings.data.checksum,
    `--seed ${settings.seed}`,
    nets.now.net.name,
    '60.00 % of the parameters',
  ])
    expect(said).toContain(figure)
  const layers = all(tree, 'table').find(table => textOf(table).includes('Channels of each layer'))
  expect(layers && textOf(layers)).toContain('module/three/conv2')
  expect(all(tree, 'path').length).toBeGreaterThan(20)
})

test('every picture says what it shows', () => {
  const tree = parsed(page)
  const pictures = all(tree, 'svg').filter(svg => attribute(svg, 'aria-hidden') !== 'true')
  expect(pictures.length).toBeGreaterThanOrEqual(7)
  for (const svg of pictures) {
    expect(attribute(svg, 'role')).toBe('img')
    expect(attribute(svg, 'aria-label')?.length).toBeGreaterThan(10)
    expect(all(svg, 'title').length).toBeGreaterThan(0)
  }
  for (const image of all(tree, 'img'))
    expect(attribute(image, 'alt')).toMatch(/^(test image \d+: a .*, answered |correlations )/)
})

test('the page loads nothing', () => {
  expectSelfContained(page)
})

test('the drawing apart is one SVG, which shows the net before and after and loads nothing', () => {
  const svg = runDrawing(record)
  const { before, now } = statesOf(record)
  expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true)
  expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|@import|url\(/)
  const said = textOf(parsed(`<!DOCTYPE html><title>.</title>${svg}`))
  for (const each of [`before: ${thousands(countParams(before))}`, `after: ${thousands(countParams(now))}`])
    expect(said).toContain(`${each} parameters`)
  expect(svg).toContain('prefers-color-scheme: dark')
})

test('a class that is named like a script is shown as text', () => {
  const tree = parsed(page)
  expect(all(tree, 'script').length).toBe(1)
  expect(textOf(tree)).toContain(hostile)
  expect(all(tree, 'th').some(head => textOf(head) === hostile)).toBe(true)
})

test('what the net decides on is shown before and after, the best feature first', () => {
  const features = record.predictions?.features ?? []
  expect(features.map(({ size }) => size)).toEqual(
    [record.nets.original, record.nets.now].map(net => net && right(decisionOf(net)).size),
  )
  for (const { separation, size } of features) {
    expect(separation.length).toBe(size)
    expect(separation).toEqual(separation.toSorted((a, b) => b - a))
  }
  const pictures = all(parsed(page), 'img').map(image => attribute(image, 'alt'))
  expect(pictures.filter(alt => alt?.startsWith('correlations within classes')).length).toBe(2)
})

test('the features before the first push and after the last are those of its log', () => {
  const [features] = record.predictions?.features ?? []
  if (features === undefined) throw new Error('the run has features')
  const measured = (pushed: boolean, size: number): RunEvent => ({
    ...features,
    _tag: 'featuresMeasured',
    stage: 0,
    pushed,
    size,
  })
  const named = (...events: RunEvent[]) =>
    featuresOver(events, [features]).map(({ net, size }) => [net, size])
  expect(named(measured(false, 9), measured(true, 8), measured(true, 7))).toEqual([
    ['before the first push', 9],
    ['after the last push', 7],
    [features.net, features.size],
  ])
  expect(named(measured(false, 9), measured(true, 9)).map(([net]) => net)).toEqual([
    'before the push',
    'after the push',
    features.net,
  ])
  expect(named()).toEqual([[features.net, features.size]])
})

test('half a run has a page that says so', async () => {
  const half = await changed(folder => {
    rmSync(join(folder, 'result.json'))
    rmSync(join(folder, 'predictions.json'))
    rmSync(join(folder, 'model.safetensors'))
  })
  const said = textOf(parsed(half))
  expect(said).toContain('has not come to its end')
  expect(said).toContain('validation accuracy so far')
  expect(said).toContain('No answers on the test images')
})

test('a run without a log, or with lines of another version, has a page that says so', async () => {
  expect(textOf(parsed(await changed(folder => rmSync(join(folder, 'events.jsonl')))))).toContain(
    'has no log',
  )
  const newer = await changed(folder =>
    writeFileSync(join(folder, 'events.jsonl'), '{"_tag":"dreamt"}\nnot even JSON\n'),
  )
  expect(textOf(parsed(newer))).toContain('2 lines of the log are of another version')
})

test('a file that is damaged is named, and the rest is shown', async () => {
  const damaged = textOf(
    parsed(await changed(folder => writeFileSync(join(folder, 'checkpoint.safetensors'), 'x'))),
  )
  expect(damaged).toContain('checkpoint.safetensors')
  expect(damaged).toContain(thousands(result.params))
})

test('runs of different nets are compared on one page, which says that they differ', async () => {
  const other = join(scratch(), 'run')
  await succeed(
    begin(
      other,
      settingsOf(1, resources.engine, data, {}),
      resources,
      observer,
    )(experiment({ ...tinyNet, name: 'another' }, glyphs(), train(quick))),
  )
  const tree = parsed(await runsPage([record, await succeed(readRecord(other))])())
  expect(textOf(tree)).toContain('different nets: tiny, another')
  expect(all(tree, 'table').flatMap(table => all(table, 'tr')).length).toBe(3)
})
