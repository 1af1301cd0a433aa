/** Functions of a user's own in a schedule: written by name, given again on resume, refused by name without. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import * as op from '../../src/graph/operations.js'
import { decode } from '../../src/io/codec.js'
import { type AnyCriterion, criterion } from '../../src/learn/criteria/named-criterion.js'
import { taylor } from '../../src/learn/criteria/taylor.js'
import { type CriterionName, noTerms } from '../../src/learn/options.js'
import { pushTerm } from '../../src/learn/push/push-term.js'
import { constant } from '../../src/learn/training/learning-rate.js'
import { layersOf } from '../../src/net/layers.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import type { RunObserver } from '../../src/run/observer.js'
import { begin, resume } from '../../src/run/run.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { experimentCodec } from '../../src/run/schedule/codec.js'
import { type Experiment, experiment } from '../../src/run/schedule/experiment.js'
import { functionsIn, provideFunctions } from '../../src/run/schedule/functions.js'
import { grow } from '../../src/run/schedule/growth-plan.js'
import { prune, push, train, untilTarget } from '../../src/run/schedule/schedule.js'
import type { ScheduleStep } from '../../src/run/schedule/steps.js'
import { folderAt } from '../../src/run/storage/folder.js'
import { settingsOf } from '../../src/run/storage/settings.js'
import { openRun } from '../../src/run/storage/stored-run.js'
import { checkNames } from '../../src/run/study/check-names.js'
import { study } from '../../src/run/study/study.js'
import { growthRule } from '../../src/surgery/grow/rule.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { available } from '../support/engines.js'
import { left, right } from '../support/nets/surgery.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { again, expectSame, type Told, told, untimed } from '../support/running.js'
import { failure, scratch, succeed } from '../support/scratch.js'

const learning = { epochs: 1, batchSize: 9, lrSchedule: constant({ warmup: 2 }) }

const spread = criterion(
  'spread',
  (_, seen) =>
    Object.fromEntries(
      [...seen].map(([path, moments]) => [path, Array.from({ length: moments.size }, (_, c) => c)]),
    ),
  { evidence: 'activations' },
)
/** By the net alone: were it asked again of a net that has grown, it would end the growing. */
const wider = growthRule('wider', ({ net: now }) =>
  layersOf(now).has('grown') ? null : { after: 'module', module: convBnAct(7, 1, { name: 'grown' }) },
)
const sparse = pushTerm('sparse', ({ features }) => op.mean(op.abs(features)))

const own: Experiment = experiment(
  tinyNet,
  glyphs(),
  grow({ rule: wider, max: 3 }, train(learning)),
  untilTarget(
    { keep: { params: 0.6 }, rounds: 2 },
    push({ ...learning, align: { terms: [sparse(0.01)] } }),
    prune({ by: spread, images: 27 }),
  ),
  train(learning),
)

/** As a run's folder has it. */
const stored = (of: Experiment): Experiment =>
  right(decode(experimentCodec)(JSON.parse(JSON.stringify(experimentCodec.encode(of)))))

describe('in JSON', () => {
  test('stands the name, and what the checks must know; the function is lost and given again', () => {
    const { schedule } = stored(own)
    expect(functionsIn(schedule)).toEqual([
      { _tag: 'growthRule', name: 'wider' },
      { _tag: 'pushTerm', name: 'sparse', weight: 0.01 },
      { _tag: 'criterion', name: 'spread', evidence: 'activations', normalize: 'layer' },
    ])
    expect(experimentCodec.encode(own)).toEqual(experimentCodec.encode(stored(own)))
    expect(right(provideFunctions(functionsIn(own.schedule), 'own.ts')(schedule))).toEqual(own.schedule)
  })

  test('law: what was read and provided is what was written, whatever the names and weights', () => {
    const steps = fc.array(
      fc.oneof(
        fc.string({ minLength: 1 }).map(name => prune({ by: criterion(name, l1), eta: 1 })),
        fc
          .tuple(fc.string({ minLength: 1 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
          .map(([name, weight]) =>
            push({ align: { terms: [pushTerm(name, ({ logits }) => op.mean(logits))(weight)] } }),
          ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(steps, drawn => {
        const whole = experiment(tinyNet, glyphs(), ...drawn)
        const names = functionsIn(whole.schedule).map(({ _tag, name }) => `${_tag} ${name}`)
        fc.pre(new Set(names).size === names.length)
        const provided = provideFunctions(functionsIn(whole.schedule), 'own.ts')(stored(whole).schedule)
        expect(JSON.stringify(right(provided))).toBe(JSON.stringify(whole.schedule))
        expect(functionsIn(right(provided)).map(({ call }) => call)).toEqual(
          functionsIn(whole.schedule).map(({ call }) => call),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('a name that is none is refused where it stands', () => {
    const refused = decode(experimentCodec)(
      experiment(tinyNet, glyphs(), prune({ by: criterion('', l1), eta: 1 })),
    )
    expect(renderMessage(left(refused))).toBe('step 1 (prune), by (criterion), name: expected a name, got ""')
  })
})

const fate = (...steps: readonly ScheduleStep[]): string =>
  pipe(
    checkSchedule(12)(experiment(tinyNet, glyphs(), ...steps)),
    E.match(renderMessage, () => 'fits'),
  )

const thrown = (): never => {
  throw new Error('no such thing')
}

test('a study whose variants mean two functions by one name is refused, as it would run them once', () => {
  const of = (values: () => Record<string, number[]>) =>
    experiment(tinyNet, glyphs(), prune({ by: criterion('same', values), eta: 1 }))
  const two = study('two', {}, [
    { name: 'a', experiment: of(() => ({ conv: [1, 2, 3, 4, 5, 6] })) },
    { name: 'b', experiment: of(() => ({ conv: [6, 5, 4, 3, 2, 1] })) },
  ])
  expect(left(checkNames(two))).toEqual({ _tag: 'SameName', kind: 'criterion', name: 'same' })
})

describe('before anything trains', () => {
  const by = (each: AnyCriterion) => prune({ by: each, eta: 1 })
  const align = (term: ReturnType<ReturnType<typeof pushTerm>>) => push({ align: { terms: [term] } })

  test('it is known what evidence a criterion asks for', () => {
    const tracked = criterion('tracked', (_, seen) => seen, { evidence: 'gradientUtility' })
    expect(fate(push(), by(tracked))).toBe('fits')
    expect(fate(push(), train(), by(tracked))).toMatch(
      /^criterion tracked: expected a push with a fade right before the prune, got none/,
    )
    const traced = criterion('traced', () => ({}), { evidence: 'gradientTrace' })
    const headless = net('headless', image(6, 6, 1), convBnAct(4), convBnAct(3), globalAvgPool)
    expect(left(checkSchedule(12)(experiment(headless, glyphs(), by(traced))))).toEqual({
      _tag: 'NoDecision',
      got: ['conv', 'globalAvgPool'],
    })
  })

  test.each<[string, readonly ScheduleStep[], string]>([
    [
      'two functions of one name',
      [by(criterion('same', l1)), by(criterion('same', () => ({})))],
      "criterion 'same': expected one function of this name, got two; try a name for each",
    ],
    ['one function twice', [by(spread), by(spread), align(sparse(1)), align(sparse(2))], 'fits'],
    [
      'a term that throws',
      [align(pushTerm('bad', thrown)(1))],
      "push term 'bad': expected a result, got an error (no such thing); try calling it by itself",
    ],
    [
      'a term that is no number',
      [align(pushTerm('bad', ({ logits }) => logits)(1))],
      "push term 'bad', result: expected a value of shape [], got one of shape [100, 3]; try correcting the function",
    ],
    [
      'a rule that throws',
      [grow({ rule: growthRule('bad', thrown), max: 2 })],
      "growth rule 'bad': expected a result, got an error (no such thing); try calling it by itself",
    ],
    [
      'a rule that returns no growth',
      [grow({ rule: growthRule('bad', () => ({ after: 'conv' }) as never), max: 2 })],
      "growth rule 'bad', result: layer module: expected a layer, got undefined; try correcting the function",
    ],
    [
      'a rule that grows where nothing is',
      [grow({ rule: growthRule('bad', () => ({ deepen: 'nowhere', module: convBnAct(2) })), max: 2 })],
      'deepen: expected the path of a layer, got nowhere; try npm run describe -- FILE, which lists the layers',
    ],
    [
      'a rule with a place beside it',
      [grow({ rule: wider, max: 2, after: 'conv' } as never)],
      "step 1 (grow): expected a known option, got 'after'; try one of rule, max, minDelta, patience, init, exact, noise, budget, newRate, warmup",
    ],
  ])('%s', (_, steps, expected) => {
    expect(fate(...steps)).toBe(expected)
  })

  test('a step that was read, without its function', () => {
    const { schedule, net: of } = stored(experiment(tinyNet, glyphs(), by(spread)))
    expect(left(checkSchedule(12)({ net: of, schedule }))).toEqual({
      _tag: 'NoFunction',
      kind: 'criterion',
      name: 'spread',
      file: null,
    })
  })
})

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
