/** Growing as a step of a schedule: how far it goes, why it ends, what it keeps. */
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { readModelFile } from '../../../src/convert/model-file.js'
import { imagesInMemory } from '../../../src/data/dataset.js'
import { preprocessingOf } from '../../../src/data/preprocessing.js'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { countMacs, countParams, countStored } from '../../../src/net/counts.js'
import { infer } from '../../../src/net/infer.js'
import { layersOf } from '../../../src/net/layers.js'
import { lastName, type Path } from '../../../src/net/path.js'
import type { Net } from '../../../src/net/tree.js'
import { init, type Model } from '../../../src/net/weights.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { resultTable } from '../../../src/report/tables/result.js'
import type { RunEvent } from '../../../src/run/events.js'
import { begin } from '../../../src/run/run.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { type GrowStepOptions, grow } from '../../../src/run/schedule/growth-plan.js'
import { resolveSteps } from '../../../src/run/schedule/resolve.js'
import { prune, train } from '../../../src/run/schedule/schedule.js'
import type { ModuleSource } from '../../../src/run/schedule/steps.js'
import { growKind } from '../../../src/run/steps/grow/grow.js'
import type { StepContext } from '../../../src/run/steps/step-context.js'
import { folderAt } from '../../../src/run/storage/folder.js'
import { noModels } from '../../../src/run/storage/kept-models.js'
import { readResult } from '../../../src/run/storage/result.js'
import { settingsOf } from '../../../src/run/storage/settings.js'
import type { GrowthSite } from '../../../src/surgery/grow/options.js'
import { available } from '../../support/engines.js'
import { right } from '../../support/nets/surgery.js'
import { freeNet, tinyData, tinyNet } from '../../support/nets/tiny.js'
import { eventsOf, lastOf, stepEnv, type Told, told } from '../../support/running.js'
import { scratch, succeed } from '../../support/scratch.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 1, batchSize: 9, learningRate: 0.01, lrSchedule: constant() }

const paths = (net: Net): readonly string[] => [...layersOf(net).keys()]

const sizeOf = (net: Net): number => countParams(right(infer(net)))

describe.runIf(engine !== null)('growing', () => {
  const on = engine as Engine // runIf has looked
  const grownAt = (word: GrowStepOptions): Promise<Told> =>
    told(on, experiment('after' in word ? tinyNet : freeNet, glyphs(), grow(word, train(learning))))
  const grown = (options: Partial<Extract<GrowStepOptions, { readonly after: Path }>>): Promise<Told> =>
    grownAt({ after: 'module', module: convBnAct(7, 1, { name: 'new' }), max: 3, ...options })
  const grownIn = (run: Told) => eventsOf(run).filter(({ _tag, gain }) => _tag === 'grown' && gain !== null)
  const stopOf = (run: Told): unknown => eventsOf(run).find(({ _tag }) => _tag === 'roundsStopped')?.why
  const endOf = (run: Told): Net => lastOf(run).learner.model.net

  test('goes on as far as it may while nets gain, each behind the last', async () => {
    const run = await grown({ minDelta: -1 })
    expect(run.met.map(([name]) => name)).toEqual(['0-0-base', '0-1-new', '0-2-new2', '0-3-new3'])
    expect(run.met[0]?.[1].net).toEqual(tinyNet)
    const sizes = run.met.map(([, { net }]) => sizeOf(net))
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    expect(new Set(sizes).size).toBe(4)
    expect(endOf(run)).toEqual(run.met[3]?.[1].net)
    expect(JSON.stringify(endOf(run))).toMatch(/"module".*"new".*"new2".*"new3".*"sum"/)
    expect(stopOf(run)).toBe(undefined)
  })

  test('ends after as many nets without a gain as it has patience, with the last that paid', async () => {
    const run = await grown({ minDelta: 2, patience: 2 })
    expect(run.met.map(([name]) => name)).toEqual(['0-0-base', '0-1-new', '0-2-new2'])
    expect(stopOf(run)).toBe('no gain')
    expect(eventsOf(run).find(({ _tag }) => _tag === 'roundsStopped')).toMatchObject({
      fact: { _tag: 'NoGain', growths: 2, minDelta: 2 },
    })
    expect(endOf(run)).toEqual(tinyNet)
    expect(grownIn(run).map(({ name, exact }) => [name, exact])).toEqual([
      ['0-1-new', true],
      ['0-2-new2', true],
    ])
    for (const { gain } of grownIn(run)) expect(gain).toBeLessThan(2)
  })

  test.each([
    ['parameters', { params: sizeOf(tinyNet) + 80 }, { measure: 'params', limit: sizeOf(tinyNet) + 80 }],
    ['multiply–accumulates', { macs: 1 }, { measure: 'macs', limit: 1 }],
    ['milliseconds', { latency: 1e-6 }, { measure: 'latency', limit: 1e-6 }],
  ])('ends where the next net would have too many %s', async (what, budget, fact) => {
    const run = await grown({ budget, minDelta: -1 })
    expect(run.outcome).toBe('done')
    expect(stopOf(run)).toBe('budget')
    const stopped = { why: 'budget', fact: { ...fact, _tag: 'OverBudget', got: expect.any(Number) } }
    expect(eventsOf(run).find(({ _tag }) => _tag === 'roundsStopped')).toMatchObject(stopped)
    expect(lastOf(run)).toMatchObject({ stages: [{ stopped }], stopped: null })
    expect(run.met.length).toBe(what === 'parameters' ? 2 : 1)
    expect(endOf(run)).toEqual(run.met.at(-1)?.[1].net)
  })

  test('within a budget of time goes on', async () => {
    const run = await grown({ budget: { latency: 1e6 }, max: 1, minDelta: -1 })
    expect([stopOf(run), run.met.length]).toEqual([undefined, 2])
  })

  test('by sparks says that what the net gives has changed', async () => {
    const run = await grown({ init: 'noisy', max: 1 })
    expect(grownIn(run).map(({ exact }) => exact)).toEqual([false])
  })

  test('afresh trains every weight anew', async () => {
    const run = await told(
      on,
      experiment(
        tinyNet,
        glyphs(),
        grow({ after: 'module', module: convBnAct(7, 1), max: 1, init: 'scratch', minDelta: -1 }),
      ),
    )
    expect(grownIn(run).map(({ exact }) => exact)).toEqual([false])
    const [before, after] = run.met.map(([, { weights }]) => weights)
    for (const [key, { data }] of Object.entries(before ?? {}))
      if (key.endsWith('/kernel')) expect(after?.[key]?.data).not.toEqual(data)
  })

  test.each([
    ['a bare branch', 'module/conv', convBnAct(3, 1, { name: 'new' }), 'module/conv/'],
    ['a stack that is a branch', 'module/three', convBnAct(4, 1, { name: 'new' }), 'module/three/'],
    ['a body', 'sum/body', convBnAct(7, 1, { name: 'new' }), 'sum/body/'],
    ['a shortcut', 'sum/shortcut', convBnAct(7, 1, { name: 'new' }), 'sum/shortcut/'],
    ['a layer in a stack', 'module/three/conv', convBnAct(3, 1, { name: 'new' }), 'module/three/'],
  ])('behind %s each module goes behind the one before', async (_, after, module, within) => {
    const run = await grown({ after, module, minDelta: -1 })
    expect(run.outcome).toBe('done')
    const names = paths(endOf(run)).filter(path => lastName(path).startsWith('new'))
    expect(names).toEqual(['new', 'new2', 'new3'].map(name => `${within}${name}`))
  })

  test.each<[string, GrowthSite<ModuleSource>, readonly string[]]>([
    ['before a layer', { before: 'module', module: convBnAct(6, 1, { name: 'new' }) }, ['new2', 'new']],
    [
      'inside a stack',
      { inside: 'module/three', module: convBnAct(4, 1, { name: 'new' }) },
      ['module/three/new', 'module/three/new2'],
    ],
    [
      'at the end of a branch',
      { deepen: 'module/conv', module: convBnAct(3, 1, { name: 'new' }) },
      ['module/conv/new', 'module/conv/new2'],
    ],
    [
      'a branch more',
      { to: 'module', branch: convBnAct(2, 1, { name: 'new' }) },
      ['module/new', 'module/new2'],
    ],
  ])('grows %s, exactly, one after another', async (_, site, expected) => {
    const run = await grownAt({ ...site, max: 2, minDelta: -1 })
    expect(paths(endOf(run)).filter(path => lastName(path).startsWith('new'))).toEqual(expected)
    expect(grownIn(run).map(({ name, exact }) => [name, exact])).toEqual([
      ['0-1-new', true],
      ['0-2-new2', true],
    ])
  })

  test('widens a unit time after time, exactly', async () => {
    const run = await grownAt({ widen: 'conv', by: 1.5, max: 2, minDelta: -1 })
    const widths = run.met.map(([, { net }]) => right(infer(net)).layers.get('conv')?.output.at(-1))
    expect(widths).toEqual([6, 9, 14])
    expect(grownIn(run).map(({ name, exact }) => [name, exact])).toEqual([
      ['0-1-conv', true],
      ['0-2-conv', true],
    ])
  })

  test('names modules that have no name, and numbers on where a name is taken', async () => {
    const word = grow({ after: 'module', module: convBnAct(7, 1), max: 2, minDelta: -1 }, train(learning))
    const run = await told(on, experiment(tinyNet, glyphs(), word, word))
    expect(run.met.map(([name]) => name)).toEqual([
      '0-0-base',
      '0-1-grown',
      '0-2-grown2',
      '1-0-base',
      '1-1-grown3',
      '1-2-grown4',
    ])
    expect(paths(endOf(run)).filter(path => path.startsWith('grown'))).toEqual([
      'grown3',
      'grown4',
      'grown',
      'grown2',
    ])
  })

  test('numbers branches on where a module has one of their name', async () => {
    const word = grow({ to: 'module', branch: convBnAct(2, 1), max: 1, minDelta: -1 }, train(learning))
    const run = await told(on, experiment(freeNet, glyphs(), word, word))
    expect(paths(endOf(run)).filter(path => lastName(path).startsWith('grown'))).toEqual([
      'module/grown',
      'module/grown2',
    ])
  })

  test('has nowhere to go behind what was pruned away, and protects nothing there', async () => {
    const narrow = experiment(
      tinyNet,
      glyphs(),
      train(learning),
      prune({ keep: { params: 0.08 }, by: 'l1', normalize: 'global', floor: 0, images: 9 }),
      grow({ after: 'sum/body/conv', module: convBnAct(5, 1), max: 1 }, train(learning)),
      prune({ keep: { params: 0.9 }, by: 'l1', images: 9, freeze: ['sum/body/conv', 'dense'] }),
    )
    const run = await told(on, narrow)
    expect(paths(endOf(run))).not.toContain('sum/body/conv')
    expect([run.outcome, stopOf(run)]).toEqual(['done', 'site pruned away'])
    expect(eventsOf(run).find(({ _tag }) => _tag === 'roundsStopped')).toMatchObject({
      fact: { _tag: 'SiteRemoved', at: 'sum/body/conv' },
    })
  })

  test('keeps every net met with its figures', async () => {
    const run = await grown({ minDelta: -1, init: 'noisy', max: 1 })
    const figures = run.met.map(([name, { net }, met]) => {
      const inferred = right(infer(net))
      expect(met).toMatchObject({
        name,
        params: countParams(inferred),
        macs: countMacs(inferred),
        bytes: 4 * countStored(inferred),
      })
      return met
    })
    expect(figures.map(({ exact }) => exact)).toEqual([true, false])
    const told = eventsOf(run).filter(({ _tag }) => _tag === 'grown')
    expect(told.map(({ _tag, stage, gain, ...met }) => met)).toEqual(figures)
  })

  test('lists the nets met in its result and at its end, each a model beside the run', async () => {
    const [path, dataset] = [join(scratch(), 'run'), tinyData()]
    const settings = settingsOf(0, on, dataset, {})
    const observer = { onEvent: () => undefined, onStep: () => undefined, stopping: () => false }
    const word = grow({ after: 'module', module: convBnAct(7, 1), max: 1 }, train(learning))
    const result = await succeed(
      begin(path, settings, { engine: on, dataset }, observer)(experiment(tinyNet, glyphs(), word)),
    )
    expect(await succeed(readResult(folderAt(path).result))).toEqual(result)
    expect(result.met?.map(met => met.name)).toEqual(['0-0-base', '0-1-grown'])
    for (const met of result.met ?? []) {
      const kept = await succeed(readModelFile(join(folderAt(path).met, `${met.name}.safetensors`)))
      const { net } = kept.model
      expect(kept.preprocessing).toEqual(preprocessingOf(dataset))
      expect(sizeOf(net)).toBe(met.params)
      expect(resultTable(result)).toContain(met.name)
    }
    const { preprocessing } = await succeed(readModelFile(folderAt(path).model))
    expect(preprocessing).toEqual(preprocessingOf(dataset))
  })

  /** Grown nets that all answer with one class, whose share of the validation images is known. */
  const answering = async (classes: readonly number[], until: { minDelta: number; patience?: number }) => {
    const labels = Int32Array.from({ length: 12 }, (_, nth) => (nth < 3 ? 0 : nth < 7 ? 1 : 2))
    const dataset = { ...tinyData(), validation: imagesInMemory(new Uint8Array(12 * 36), labels) }
    const model = (of: number, given: Model): Model => ({
      ...given,
      weights: {
        ...given.weights,
        'dense/bias': { shape: [3], data: Float32Array.from([0, 1, 2], each => (each === of ? 1e3 : 0)) },
      },
    })
    const events: RunEvent[] = []
    let nth = 1
    const env: StepContext = {
      ...stepEnv(on, dataset, events),
      runStep:
        () =>
        ({ learner, ...state }) =>
          TE.right({ ...state, learner: { ...learner, model: model(classes[nth++] ?? 0, learner.model) } }),
    }
    const word = grow(
      { after: 'module', module: convBnAct(7, 1), max: classes.length - 1, ...until },
      train(learning),
    )
    const [step] = resolveSteps(tinyNet)([word])
    if (step?._tag !== 'grow') throw new Error('grow grows')
    const end = await succeed(
      growKind.run(
        env,
        step,
      )({
        learner: { model: model(classes[0] ?? 0, right(init(0)(tinyNet))), slots: {} },
        models: noModels,
        stopped: null,
        cursor: null,
      }),
    )
    return {
      gains: events.flatMap(event => (event._tag === 'grown' && event.gain !== null ? [event.gain] : [])),
      grown: paths(end.learner.model.net).filter(path => path.startsWith('grown')),
      models: end.models,
    }
  }

  test('adds up gains until they pay: each net is held against the last that did', async () => {
    const { gains, grown: stays, models } = await answering([0, 1, 2], { minDelta: 0.12 })
    expect(gains.map(gain => Math.round(gain * 12))).toEqual([1, 2])
    expect(stays).toEqual(['grown', 'grown2'])
    expect(models).toEqual(noModels)
    const sudden = await answering([0, 2, 1], { minDelta: 0.12 })
    expect(sudden.gains.map(gain => Math.round(gain * 12))).toEqual([2, -1])
    expect(sudden.grown).toEqual(['grown'])
  })
})
