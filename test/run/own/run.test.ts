/** A run with functions of a user's own: resumed with them, refused by name without. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import { criterion } from '../../../src/learn/criteria/named-criterion.js'
import { taylor } from '../../../src/learn/criteria/taylor.js'
import { type CriterionName, noTerms } from '../../../src/learn/options.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import type { RunObserver } from '../../../src/run/observer.js'
import { begin, resume } from '../../../src/run/run.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { prune, push, train } from '../../../src/run/schedule/schedule.js'
import { folderAt } from '../../../src/run/storage/folder.js'
import { settingsOf } from '../../../src/run/storage/settings.js'
import { openRun } from '../../../src/run/storage/stored-run.js'
import { l1 } from '../../../src/surgery/prune/criteria.js'
import { available } from '../../support/engines.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { espalier, expectRefusedAtOnce, root } from '../../support/programs/command.js'
import { again, expectSame, type Told, told, untimed } from '../../support/running.js'
import { failure, scratch, succeed } from '../../support/scratch.js'
import { learning, own, sparse, thrown } from './functions.js'

const engine = (await available()).find(([name]) => name === 'wasm')?.[1]

describe.runIf(engine !== undefined)('a run', () => {
  const wasm = engine as NonNullable<typeof engine> // runIf has looked
  const dataset = tinyData()

  test('killed anywhere between two writes, it goes on as if never killed', async () => {
    const uninterrupted = await told(wasm, own)
    expect(uninterrupted.outcome).toBe('done')
    expect(uninterrupted.met.map(([name]) => name)).toEqual(['0-0-base', '0-1-grown'])
    for (const from of uninterrupted.saved.slice(0, -1))
      expectSame(await told(wasm, own, { from: await again(from), log: uninterrupted.log }), uninterrupted)
  })

  const pruned = (by: CriterionName | ReturnType<typeof criterion>): Promise<Told> =>
    told(
      wasm,
      experiment(
        tinyNet,
        glyphs(),
        train(learning),
        prune({ by, normalize: 'raw', keep: { params: 0.6 }, images: 27 }),
      ),
    )

  test('law: a built-in criterion under a name of one’s own cuts as the built-in one', async () => {
    const named = (run: Told, name: string): Told => ({
      ...run,
      log: run.log.replaceAll('"by":"mine"', `"by":"${name}"`),
    })
    const own = criterion('mine', taylor, { evidence: 'gradients' })
    expectSame(named(await pruned(own), 'taylor'), await pruned('taylor'))
    expectSame(named(await pruned(criterion('mine', l1)), 'l1'), await pruned('l1'))
  })

  const pushed = (align: Parameters<typeof push>[0]): Promise<Told> =>
    told(wasm, experiment(tinyNet, glyphs(), push({ ...learning, ...align, fade: null })))

  test('law: a term of weight 0 changes nothing, another one does', async () => {
    const plain = await pushed({ align: noTerms })
    expectSame(await pushed({ align: { terms: [sparse(0)] } }), plain)
    const sparser = await pushed({ align: { terms: [sparse(1)] } })
    expect([sparser.outcome, sparser.log === plain.log]).toEqual(['done', false])
  })

  test.each<[string, ReturnType<typeof criterion>, string]>([
    [
      'throws',
      criterion('bad', thrown),
      "criterion 'bad': expected a result, got an error (no such thing); try calling it by itself",
    ],
    [
      'returns no lists',
      criterion('bad', () => ({ conv: 'x' }) as never),
      'criterion \'bad\', result: conv: expected a list of numbers, one per channel, got "x"; try correcting the function',
    ],
    [
      'returns too few numbers',
      criterion('bad', () => ({ conv: [1] })),
      'layer conv: expected 6 utilities, one per channel, got 1; try a criterion that gives one per output channel',
    ],
    [
      'returns none',
      criterion('bad', () => ({})),
      "criterion 'bad', result: expected the utilities of at least one layer, got {}; try correcting the function",
    ],
  ])('whose criterion %s ends there in one line', async (_, by, expected) => {
    const path = join(scratch(), 'run')
    const quiet: RunObserver = { onEvent: () => undefined, onStep: () => undefined, stopping: () => false }
    const bad = experiment(tinyNet, glyphs(), prune({ by, eta: 1, cost: 0 }))
    const settings = settingsOf(0, wasm, dataset, {})
    const error = await failure(begin(path, settings, { engine: wasm, dataset }, quiet)(bad))
    expect(renderMessage(error)).toBe(expected)
  })

  test('in a folder: its file is loaded again; refused by name without, and nothing is lost', async () => {
    const steps = (after: number): RunObserver => {
      let done = 0
      return { onEvent: () => undefined, onStep: () => void done++, stopping: () => done >= after }
    }
    const opened = { engine: wasm, dataset }
    const [straight, stopped] = [join(scratch(), 'straight'), join(scratch(), 'stopped')]
    await succeed(begin(straight, settingsOf(0, wasm, dataset, {}), opened, steps(Infinity))(own))
    expect(await failure(begin(stopped, settingsOf(0, wasm, dataset, {}), opened, steps(6))(own))).toEqual({
      _tag: 'Interrupted',
    })
    const bytes = readFileSync(folderAt(stopped).checkpoint)
    expect(await failure(resume(await succeed(openRun(stopped)), opened, steps(1)))).toMatchObject({
      _tag: 'NoFunction',
      name: 'wider',
    })
    expect(readFileSync(folderAt(stopped).checkpoint).equals(bytes)).toBe(true)
    await succeed(resume(await succeed(openRun(stopped)), opened, steps(Infinity), { experiment: own }))
    const logOf = (path: string) =>
      readFileSync(folderAt(path).events, 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => untimed(JSON.parse(line)))
    expect(logOf(stopped)).toEqual(logOf(straight))
    expect(readFileSync(folderAt(stopped).model).equals(readFileSync(folderAt(straight).model))).toBe(true)
  })
})

/** A file whose criterion has this name. */
const source = (name: string, evidence = 'weights', body = 'l1'): string =>
  `import { convBnAct, criterion, dense, experiment, globalAvgPool, glyphs, image, net, prune, train } from '${root}/src/index.js'
import { l1 } from '${root}/src/surgery/index.js'
const mine = criterion('${name}', ${body}, { evidence: '${evidence}' })
export default experiment(net('own', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), convBnAct(4), globalAvgPool, dense(10)),
  glyphs({ train: 400, test: 20 }), train({ epochs: 30, batchSize: 20 }), prune({ by: mine, keep: { params: 0.8 }, images: 100 }))
`

test('from the command line: resumed from its folder alone, its file at hand or not', async () => {
  const home = scratch({ 'package.json': '{ "type": "module" }', 'own.ts': source('mine') })
  const [file, run] = [join(home, 'own.ts'), join(home, 'run')]
  const began = await espalier(['train', file, '--engine', 'wasm', '--out', run], { stopAt: 'epoch 1:' })
  expect(began.code).toBe(130)
  writeFileSync(file, source('other'))
  expectRefusedAtOnce(
    await espalier(['resume', run]),
    `criterion 'mine': expected ${file} to use it, as when the run began, got none of this name; try defining it there again`,
  )
  writeFileSync(file, source('mine', 'activations', '() => ({})'))
  expectRefusedAtOnce(
    await espalier(['resume', run]),
    'schedule.1.by.evidence "activations" instead of "weights"',
  )
  writeFileSync(file, source('mine'))
  const ended = await espalier(['resume', run, '--json'], { cwd: scratch() })
  expect(ended.code, ended.err).toBe(0)
  expect(JSON.parse(ended.out).cuts).toHaveLength(1)
}, 60_000)
