/** What a word is told that it does not know, or of the wrong kind, is refused where it stands, before anything trains. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { openData } from '../../src/data/open.js'
import * as index from '../../src/index.js'
import {
  ablation,
  adamw,
  avgPool,
  batchNorm,
  channelShuffle,
  channelSlice,
  cifar10,
  cifar100,
  colorJitter,
  constant,
  conv,
  convBnAct,
  cosine,
  criterion,
  cutout,
  dense,
  depthwise,
  depthwiseBnAct,
  dropout,
  dropPath,
  experiment,
  flip,
  from,
  gate,
  globalAvgPool,
  glyphs,
  grow,
  growthRule,
  image,
  imageCsv,
  imageFolder,
  inception,
  init,
  initialize,
  type Layer,
  layerNorm,
  layerScale,
  leakyRelu,
  maxPool,
  mnist,
  type Net,
  net,
  layer as ownLayer,
  prune,
  push,
  pushTerm,
  randomCrop,
  randomResizedCrop,
  regrow,
  relu,
  repeat,
  residual,
  separable,
  sgd,
  shift,
  squeezeExcite,
  stack,
  step,
  study,
  tfds,
  tfrecord,
  train,
  triangular,
  untilTarget,
  whileAccuracy,
  withName,
} from '../../src/index.js'
import { type DecodeError, decode } from '../../src/io/codec.js'
import { push as pushModel, train as trainModel } from '../../src/learn/training/transforms.js'
import { netCodec } from '../../src/net/codec.js'
import { infer } from '../../src/net/infer.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { experimentCodec, studyCodec } from '../../src/run/schedule/codec.js'
import { givenCodec } from '../../src/run/standalone/resolve.js'
import { grow as growModel } from '../../src/surgery/grow/grow.js'
import { l1, random } from '../../src/surgery/prune/criteria.js'
import { prune as pruneModel } from '../../src/surgery/prune/prune.js'
import { left, right } from '../support/nets/surgery.js'
import { freeNet, tinyNet } from '../support/nets/tiny.js'

/** A word as a DSL file calls it, whose types are gone. */
const bare = (word: unknown) => word as (...given: readonly unknown[]) => never

const netOf = (...layers: readonly unknown[]): Net =>
  bare(net)('n', image(8, 8, 1), ...layers, globalAvgPool, dense(3))
const head = netOf(convBnAct(4))
const steps = (...all: readonly unknown[]) => bare(experiment)(head, glyphs(), ...all)
const data = (spec: unknown) => bare(experiment)(head, spec, train())
const augmented = (augmentation: unknown) => data(bare(mnist)({ augment: [augmentation] }))
const whole = steps(train())

/** The whole that holds what a word made of these options, read as a DSL file's export is. */
type Telling = (options: object) => E.Either<DecodeError, unknown>

const asExperiment = decode(experimentCodec)
const asStudy = decode(studyCodec)
const layer =
  (make: (options: object) => unknown): Telling =>
  options =>
    decode(netCodec)(netOf(make(options)))
const scheduled =
  (make: (options: object) => unknown): Telling =>
  options =>
    asExperiment(steps(make(options)))

const aim = { keep: { params: 0.5 } }
const base = { net: head, data: glyphs(), base: train(), repair: train(), epochs: 1, trainings: {} }

/** Every word with options, an option it has, and where what it does not know is told of. */
const words: Readonly<Record<string, readonly [Telling, known: string, place: string]>> = {
  conv: [layer(o => bare(convBnAct)(4, 3, o)), 'stride', 'layer conv (conv)'],
  depthwise: [layer(o => bare(depthwiseBnAct)(3, o)), 'padding', 'layer depthwise (depthwise)'],
  separable: [
    layer(o => bare(separable)(4, 3, { name: 's', ...o })),
    'dilation',
    'layer s/depthwise (depthwise)',
  ],
  maxPool: [layer(o => bare(maxPool)(2, o)), 'stride', 'layer maxPool (maxPool)'],
  avgPool: [layer(o => bare(avgPool)(2, o)), 'padding', 'layer avgPool (avgPool)'],
  dropout: [layer(o => bare(dropout)(0.5, o)), 'name', 'layer dropout (dropout)'],
  norm: [layer(o => bare(batchNorm)(o)), 'momentum', 'layer norm (norm)'],
  'norm of a unit': [layer(o => bare(convBnAct)(4, 3, { norm: o })), 'epsilon', 'layer conv (conv): norm'],
  dense: [layer(o => stack('s', globalAvgPool, bare(dense)(4, o))), 'activation', 'layer s/dense (dense)'],
  residual: [layer(o => bare(residual)('r', relu, o)), 'shortcut', 'layer r (residual)'],
  inception: [layer(o => bare(inception)('i', { point: 2, ...o })), 'three', 'layer i (concat)'],
  'a layer in layers': [
    layer(o => stack('a', stack('three', bare(convBnAct)(4, 3, o)))),
    'activation',
    'layer a/three/conv (conv)',
  ],
  glyphs: [o => asExperiment(data(bare(glyphs)(o))), 'augment', 'data (glyphs)'],
  mnist: [o => asExperiment(data(bare(mnist)(o))), 'validation', 'data (mnist)'],
  cifar10: [o => asExperiment(data(bare(cifar10)(o))), 'normalise', 'data (cifar10)'],
  imageFolder: [
    o => asExperiment(data(bare(imageFolder)(image(8, 8, 1), o))),
    'augment',
    'data (imageFolder)',
  ],
  cifar100: [o => asExperiment(data(bare(cifar100)(o))), 'labels', 'data (cifar100)'],
  imageCsv: [o => asExperiment(data(bare(imageCsv)(image(8, 8, 1), o))), 'splitSeed', 'data (imageCsv)'],
  'columns of imageCsv': [
    o => asExperiment(data(bare(imageCsv)(image(8, 8, 1), { columns: o }))),
    'label',
    'data (imageCsv): columns',
  ],
  tfds: [o => asExperiment(data(bare(tfds)(image(8, 8, 1), o))), 'background', 'data (tfds)'],
  tfrecord: [o => asExperiment(data(bare(tfrecord)(image(8, 8, 1), 3, o))), 'firstLabel', 'data (tfrecord)'],
  'keys of tfrecord': [
    o => asExperiment(data(bare(tfrecord)(image(8, 8, 1), 3, { keys: o }))),
    'label',
    'data (tfrecord): keys',
  ],
  shift: [o => asExperiment(augmented(bare(shift)(2, o))), 'fill', 'data (mnist), augment 1 (shift)'],
  flip: [o => asExperiment(augmented({ ...flip, ...o })), '', 'data (mnist), augment 1 (flip)'],
  randomCrop: [
    o => asExperiment(augmented(bare(randomCrop)(2, o))),
    'size',
    'data (mnist), augment 1 (randomCrop)',
  ],
  randomResizedCrop: [
    o => asExperiment(augmented(bare(randomResizedCrop)(8, o))),
    'ratio',
    'data (mnist), augment 1 (randomResizedCrop)',
  ],
  colorJitter: [
    o => asExperiment(augmented(bare(colorJitter)(o))),
    'contrast',
    'data (mnist), augment 1 (colorJitter)',
  ],
  sgd: [scheduled(o => train({ optimizer: bare(sgd)(o) })), 'momentum', 'step 1 (train), optimizer (sgd)'],
  adamw: [
    scheduled(o => train({ optimizer: bare(adamw)(o) })),
    'epsilon',
    'step 1 (train), optimizer (adamw)',
  ],
  constant: [
    scheduled(o => train({ lrSchedule: bare(constant)(o) })),
    'warmup',
    'step 1 (train), lrSchedule (constant)',
  ],
  step: [scheduled(o => train({ lrSchedule: bare(step)(o) })), 'factor', 'step 1 (train), lrSchedule (step)'],
  cosine: [
    scheduled(o => train({ lrSchedule: bare(cosine)(o) })),
    'floor',
    'step 1 (train), lrSchedule (cosine)',
  ],
  train: [scheduled(o => bare(train)(o)), 'epochs', 'step 1 (train)'],
  'prune of train': [
    scheduled(o => train({ epochs: 5, prune: { ...aim, ...o } })),
    'stable',
    'step 1 (train): prune',
  ],
  distill: [
    scheduled(o => train({ distill: { temperature: 3, weight: 0.5, ...o } })),
    'temperature',
    'step 1 (train): distill',
  ],
  push: [scheduled(o => bare(push)(o)), 'align', 'step 1 (push)'],
  align: [scheduled(o => push({ align: o })), 'correlation', 'step 1 (push): align'],
  fade: [scheduled(o => push({ fade: o })), 'decay', 'step 1 (push): fade'],
  prune: [scheduled(o => bare(prune)(o)), 'roundTo', 'step 1 (prune)'],
  grow: [
    scheduled(o => bare(grow)({ after: 'conv', module: relu, max: 1, ...o })),
    'warmup',
    'step 1 (grow)',
  ],
  'grow by the gradient': [
    scheduled(o => bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }], max: 1, ...o })),
    'candidates',
    'step 1 (grow)',
  ],
  'a candidate': [
    scheduled(o =>
      bare(grow)({ where: 'gradient', candidates: [{ to: 'conv', branch: relu, ...o }], max: 1 }),
    ),
    'branch',
    'step 1 (grow), candidates 1',
  ],
  budget: [
    scheduled(o => bare(grow)({ widen: 'conv', by: 2, max: 1, budget: o })),
    'params',
    'step 1 (grow): budget',
  ],
  warmup: [
    scheduled(o => bare(grow)({ to: 'conv', branch: relu, max: 1, warmup: o })),
    'epochs',
    'step 1 (grow): warmup',
  ],
  untilTarget: [scheduled(o => bare(untilTarget)({ ...aim, ...o }, prune())), 'within', 'step 1 (rounds)'],
  'a step in steps': [
    scheduled(o => untilTarget(aim, push(), whileAccuracy({ within: 0.1 }, bare(train)(o)))),
    'batchSize',
    'step 1/2/1 (train)',
  ],
  regrow: [
    scheduled(o => bare(regrow)({ atMost: { params: 9 }, ...o }, train())),
    'minDelta',
    'step 1 (regrow)',
  ],
  whileAccuracy: [scheduled(o => bare(whileAccuracy)({ within: 0.1, ...o })), 'rounds', 'step 1 (rounds)'],
  study: [o => asStudy(bare(study)('s', o, [{ name: 'a', experiment: whole }])), 'seeds', ''],
  variant: [
    o => asStudy(bare(study)('s', {}, [{ name: 'a', experiment: whole, ...o }])),
    'experiment',
    'variants 1 (a)',
  ],
  ablation: [
    o => asStudy(bare(ablation)('s', { ...base, criteria: [], removed: [], ...o })),
    'trainings',
    '',
  ],
}

/** Keys that no word knows, and that no known one begins with. */
const strange = fc
  .string({ unit: fc.constantFrom(...'qxzQXZ'), minLength: 4, maxLength: 12 })
  .map(text => `${text}q`)

describe('an option that a word does not know', () => {
  test.each(Object.entries(words))('%s', (_, [tell, known, place]) => {
    const where = place === '' ? '' : `${place}: `
    expect(E.isRight(tell({}))).toBe(true)
    fc.assert(
      fc.property(strange, fc.anything(), (key, value) => {
        const fact = left(tell({ [key]: value }))
        expect(fact.at.split('.').at(-1)).toBe(key)
        expect(renderMessage(fact)).toMatch(`${where}expected a known option, got '${key}'`)
        expect(renderMessage(fact)).not.toMatch("try '")
        if (known !== '') expect(fact.known).toContain(known)
      }),
      { numRuns: 5 },
    )
    if (known !== '')
      expect(renderMessage(left(tell({ [`${known}s`]: 1 })))).toBe(
        `${where}expected a known option, got '${known}s'; try '${known}'`,
      )
  })

  test('is refused where research code builds, and where a schedule is gone through, too', () => {
    const odd = netOf(bare(convBnAct)(12, 3, { strides: 2, activaton: null }))
    const said = "layer conv (conv): expected a known option, got 'strides'; try 'stride'"
    expect(renderMessage(left(infer(odd)))).toBe(said)
    expect(renderMessage(left(init(0)(odd)))).toBe(said)
    expect(renderMessage(left(checkSchedule(9)(steps(bare(train)({ epoch: 3 })))))).toBe(
      "step 1 (train): expected a known option, got 'epoch'; try 'epochs'",
    )
  })

  test('nor may one be what the word takes as an argument', () => {
    for (const [made, said] of [
      [
        bare(convBnAct)(12, 3, { kernel: 5 }),
        "layer conv (conv): expected 'kernel' as an argument, got it as an option; try it before the options",
      ],
      [
        bare(maxPool)(2, { size: 3 }),
        "layer maxPool (maxPool): expected 'size' as an argument, got it as an option; try it before the options",
      ],
    ] as const)
      expect(renderMessage(left(infer(netOf(made))))).toBe(said)
  })

  test('nor one of what transforms models in research code', async () => {
    const model = right(init(0)(freeNet))
    const pruned = (options: object) => renderMessage(left(pruneModel(options as never)(model)))
    const grown = (options: object) => renderMessage(left(growModel(options as never)(model)))
    const goal = { keep: { params: 0.5 }, by: l1 }
    const module = { after: 'conv', module: relu, seed: 0 }
    expect(pruned({ ...goal, minChannel: 2 })).toBe(
      "expected a known option, got 'minChannel'; try 'minChannels'",
    )
    expect(pruned({ ...goal, eta: 1 })).toMatch('expected only one of eta, keep, atMost, channels')
    expect(pruned({ ...goal, keep: { params: 0.5, macs: 1 } })).toMatch('keep: expected')
    expect(pruned({ ...goal, freeze: 'conv' })).toBe('freeze: expected a list of paths, got "conv"')
    expect(grown({ ...module, noize: 1 })).toBe("expected a known option, got 'noize'; try 'noise'")
    expect(grown({ ...module, before: 'conv' })).toMatch('expected only one of after, before')
    expect(grown({ ...module, budget: { param: 1 } })).toBe(
      "budget: expected a known option, got 'param'; try 'params'",
    )
    expect(grown({ ...module, module: bare(convBnAct)(3, 1, { strides: 1 }) })).toMatch(
      "expected a known option, got 'strides'",
    )
    for (const transform of [trainModel, pushModel]) {
      const learnt = (options: object) => transform(options as never)({} as never)(model)()
      expect(renderMessage(left(await learnt({ epoch: 1 })))).toBe(
        "expected a known option, got 'epoch'; try 'epochs'",
      )
      expect(renderMessage(left(await learnt({ batchSize: 0 })))).toBe(
        'batchSize: expected a whole number ≥ 1, got 0',
      )
    }
    const cut = { keep: { params: 0.5, macs: 0.5 } }
    expect(renderMessage(left(await pushModel({ cut } as never)({} as never)(model)()))).toMatch(
      'cut.keep: expected',
    )
  })
})

/** A net of one layer, and an experiment on data, of an augmentation and of a step, that words make of such arguments. */
const asLayer = (word: unknown) => (given: readonly unknown[]) =>
  decode(netCodec)(netOf(bare(word)(...given)))
const asData = (word: unknown) => (given: readonly unknown[]) => asExperiment(data(bare(word)(...given)))
const asAugmentation = (word: unknown) => (given: readonly unknown[]) =>
  asExperiment(augmented(bare(word)(...given)))
const asStep = (word: unknown) => (given: readonly unknown[]) => asExperiment(steps(bare(word)(...given)))
const inTraining = (option: string, word: unknown) => (given: readonly unknown[]) =>
  asExperiment(steps(bare(train)({ [option]: bare(word)(...given) })))
const onVector = (word: unknown) => (given: readonly unknown[]) =>
  decode(netCodec)(netOf(stack('s', globalAvgPool, bare(word)(...given))))

/** What reads a word's result, and all the arguments that the word takes. */
const positional: Readonly<
  Record<
    string,
    readonly [(given: readonly unknown[]) => E.Either<DecodeError, unknown>, given: readonly unknown[]]
  >
> = {
  conv: [asLayer(conv), [4, 3, {}]],
  convBnAct: [asLayer(convBnAct), [4, 3, {}]],
  depthwise: [asLayer(depthwise), [3, {}]],
  depthwiseBnAct: [asLayer(depthwiseBnAct), [3, {}]],
  separable: [asLayer(separable), [4, 3, {}]],
  maxPool: [asLayer(maxPool), [2, {}]],
  avgPool: [asLayer(avgPool), [2, {}]],
  dense: [onVector(dense), [4, {}]],
  layer: [asLayer(ownLayer('own', () => ({ channels: 'same', lower: x => x }))), [{}]],
  dropout: [asLayer(dropout), [0.5, {}]],
  dropPath: [asLayer(dropPath), [0.5, {}]],
  batchNorm: [asLayer(batchNorm), [{}]],
  layerNorm: [asLayer(layerNorm), [{}]],
  layerScale: [asLayer(layerScale), [0.1, {}]],
  leakyRelu: [asLayer(leakyRelu), [0.1]],
  channelShuffle: [asLayer(channelShuffle), [1, {}]],
  channelSlice: [asLayer(channelSlice), [0, 1, {}]],
  gate: [asLayer(gate), ['g', relu]],
  squeezeExcite: [asLayer(squeezeExcite), ['g', 1, 2, {}]],
  withName: [asLayer(withName), ['a', relu]],
  residual: [asLayer(residual), ['r', relu, {}]],
  repeat: [asLayer(repeat), ['r', 2, relu]],
  inception: [asLayer(inception), ['i', { point: 2 }]],
  glyphs: [asData(glyphs), [{}]],
  mnist: [asData(mnist), [{}]],
  cifar10: [asData(cifar10), [{}]],
  cifar100: [asData(cifar100), [{}]],
  imageFolder: [asData(imageFolder), [image(8, 8, 1), {}]],
  imageCsv: [asData(imageCsv), [image(8, 8, 1), {}]],
  tfds: [asData(tfds), [image(8, 8, 1), {}]],
  tfrecord: [asData(tfrecord), [image(8, 8, 1), 3, {}]],
  shift: [asAugmentation(shift), [2, {}]],
  randomCrop: [asAugmentation(randomCrop), [2, {}]],
  randomResizedCrop: [asAugmentation(randomResizedCrop), [8, {}]],
  cutout: [asAugmentation(cutout), [3]],
  colorJitter: [asAugmentation(colorJitter), [{}]],
  sgd: [inTraining('optimizer', sgd), [{}]],
  adamw: [inTraining('optimizer', adamw), [{}]],
  constant: [inTraining('lrSchedule', constant), [{}]],
  step: [inTraining('lrSchedule', step), [{}]],
  cosine: [inTraining('lrSchedule', cosine), [{}]],
  triangular: [inTraining('lrSchedule', triangular), [{}]],
  initialize: [asStep(initialize), [{}]],
  train: [asStep(train), [{}]],
  push: [asStep(push), [{}]],
  prune: [asStep(prune), [{}]],
  criterion: [given => asStep(prune)([{ by: bare(criterion)(...given), eta: 1 }]), ['c', l1, {}]],
  growthRule: [given => asStep(grow)([{ rule: bare(growthRule)(...given), max: 1 }]), ['g', () => null]],
  pushTerm: [
    given => asStep(push)([{ align: { terms: [bare(pushTerm('t', ({ logits }) => logits))(...given)] } }]),
    [0.1],
  ],
  from: [given => decode(givenCodec)(bare(from)(...given)), ['m', {}]],
  study: [given => asStudy(bare(study)(...given)), ['s', {}, [{ name: 'a', experiment: whole }]]],
  ablation: [given => asStudy(bare(ablation)(...given)), ['s', { ...base, criteria: [], removed: [] }]],
}

/** Words of as many layers, steps or sizes as there are. */
const unbounded = [
  'concat',
  'experiment',
  'grow',
  'image',
  'net',
  'regrow',
  'stack',
  'sum',
  'untilTarget',
  'whileAccuracy',
]
/** Functions of nets, which are no words. */
const ofNets = ['countMacs', 'countParams', 'infer', 'init', 'withHead', 'without']

describe('an argument more than a word takes', () => {
  test.each(Object.entries(positional))('%s', (_, [read, given]) => {
    expect(E.isRight(read(given))).toBe(true)
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.anything(), { maxLength: 2 }), (more, others) => {
        const fact = left(read([...given, more, ...others]))
        expect(fact.at.split('.').at(-1)).toBe(`argument ${given.length + 1}`)
        expect(renderMessage(fact)).toMatch(`: expected at most ${given.length} argument`)
      }),
      { numRuns: 5 },
    )
  })

  test('is told with its place and value', () => {
    expect(renderMessage(left(infer(netOf(bare(conv)(4, 3, { stride: 2 }, 'same')))))).toBe(
      'layer conv (conv), argument 4: expected at most 3 arguments, got "same"',
    )
    expect(renderMessage(left(asExperiment(data(bare(glyphs)({}, 600)))))).toBe(
      'data (glyphs), argument 2: expected at most 1 argument, got 600',
    )
  })

  test('every word of a DSL file is here, or takes as many as there are', () => {
    const functions = Object.entries(index).flatMap(([name, word]) =>
      typeof word === 'function' ? [name] : [],
    )
    const known = [...Object.keys(positional), ...unbounded, ...ofNets]
    expect(functions.filter(name => !known.includes(name))).toEqual([])
  })
})

const nan = Number.NaN
const least = (option: string, got: unknown, least: number) =>
  `${option}: expected a whole number ≥ ${least}, got ${got}`

/** Values that no option has, and what is said of them. */
const values: readonly (readonly [whole: unknown, said: string])[] = [
  [steps(train({ epochs: nan })), `step 1 (train), ${least('epochs', nan, 1)}`],
  [steps(train({ epochs: 0 })), `step 1 (train), ${least('epochs', 0, 1)}`],
  [steps(train({ batchSize: 0 })), `step 1 (train), ${least('batchSize', 0, 1)}`],
  [steps(train({ learningRate: -0.1 })), 'step 1 (train), learningRate: expected a number ≥ 0, got -0.1'],
  [
    steps(bare(train)({ learningRate: '0.1' })),
    'step 1 (train), learningRate: expected a number ≥ 0, got "0.1"',
  ],
  [
    steps(train({ clipNorm: Number.POSITIVE_INFINITY })),
    'step 1 (train), clipNorm: expected a number > 0 or null, got Infinity',
  ],
  [steps(bare(train)({ balanced: 'no' })), 'step 1 (train), balanced: expected boolean, got "no"'],
  [
    steps(train({ optimizer: sgd({ weightDecay: -1 }) })),
    'step 1 (train), optimizer (sgd), weightDecay: expected a number ≥ 0, got -1',
  ],
  [steps(bare(train)({ optimizer: 'adam' })), 'step 1 (train), optimizer: expected an optimizer, got "adam"'],
  [
    steps(train(), push({ fade: { from: nan } })),
    'step 2 (push), fade.from: expected a number from 0 to 1, got NaN',
  ],
  [steps(train(), push(), prune({ images: 0 })), `step 3 (prune), ${least('images', 0, 1)}`],
  [
    steps(bare(prune)({ aim: { keep: { params: 0.5 } } })),
    "step 1 (prune): expected a known option, got 'aim'; try one of keep, atMost, eta, by, normalize, cost, images, repair, minChannels, floor, roundTo, freeze, ignore",
  ],
  [
    steps(bare(prune)({ target: { eta: 1 } })),
    "step 1 (prune): expected a known option, got 'target'; try one of keep, atMost, eta, by, normalize, cost, images, repair, minChannels, floor, roundTo, freeze, ignore",
  ],
  [steps(prune({ roundTo: 0 })), "step 1 (prune), roundTo: expected 'auto', or a whole number ≥ 1, got 0"],
  [steps(prune({ minChannels: -1 })), `step 1 (prune), ${least('minChannels', -1, 0)}`],
  [
    steps(bare(prune)({ ...aim, eta: 0.1 })),
    'step 1 (prune), target: expected only one of keep, atMost, eta, got {"keep":{"params":0.5},"eta":0.1}',
  ],
  [
    steps(bare(prune)({ keep: { params: 0.5, macs: 0.5 } })),
    'step 1 (prune), target.keep: expected only one of params, macs, bytes, latency, got {"params":0.5,"macs":0.5}',
  ],
  [
    steps(bare(prune)({ keep: { params: 0.5, latency: 0.5 } })),
    'step 1 (prune), target.keep: expected only one of params, macs, bytes, latency, got {"params":0.5,"latency":0.5}',
  ],
  [
    steps(bare(untilTarget)({ ...aim, atMost: { params: 9 } }, push(), prune())),
    'step 1 (rounds), target: expected only one of keep, atMost, eta, got {"keep":{"params":0.5},"atMost":{"params":9}}',
  ],
  [steps(untilTarget({ ...aim, rounds: 0 }, push(), prune())), `step 1 (rounds), ${least('rounds', 0, 1)}`],
  [steps(untilTarget({ ...aim, rounds: -3 }, push(), prune())), `step 1 (rounds), ${least('rounds', -3, 1)}`],
  [
    steps(whileAccuracy({ within: '5 %' as never }, prune())), // as without types
    "step 1 (rounds), within: expected a number from 0 to 1, '5%' (of the accuracy at the start), '5 points' or null, got \"5 %\"",
  ],
  [
    steps(whileAccuracy({ within: nan }, prune())),
    "step 1 (rounds), within: expected a number from 0 to 1, '5%' (of the accuracy at the start), '5 points' or null, got NaN",
  ],
  [
    steps(whileAccuracy({ within: 0.1, eta: nan }, prune())),
    'step 1 (rounds), target.eta: expected a number ≥ 0, got NaN',
  ],
  [
    steps(grow({ after: 'conv', module: relu, max: 0 })),
    'step 1 (grow), max: expected a whole number from 1 to 1,000, got 0',
  ],
  [
    steps(grow({ after: 'conv', module: relu, max: nan })),
    'step 1 (grow), max: expected a whole number from 1 to 1,000, got NaN',
  ],
  [
    steps(bare(grow)({ after: 'conv', widen: 'conv', by: 2, max: 1 })),
    'step 1 (grow), growths 1: expected only one of after, before, inside, deepen, to, widen, got {"widen":"conv","by":2,"after":"conv"}',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [], max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got []',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: 'conv', max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got "conv"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got undefined',
  ],
  [
    steps(bare(grow)({ where: 'loss', candidates: [{ widen: 'conv', by: 2 }], max: 1 })),
    'step 1 (grow), growths.where: expected "gradient", got "loss"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }], per: 'ms', max: 1 })),
    'step 1 (grow), growths.per: expected "params" | "macs", got "ms"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }] })),
    'step 1 (grow), max: expected a whole number from 1 to 1,000, got null',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ widen: 'conv', by: 2 }, 'b'], max: 1 })),
    'step 1 (grow), candidates 2: expected what grows, got "b"',
  ],
  [
    steps(bare(grow)({ where: 'gradient', candidates: [{ after: 'no', module: () => relu }], max: 1 })),
    'step 1 (grow), growths.candidates: expected 1 to 100 candidates, told by the shapes of layers that the net has, got []',
  ],
  [
    steps(bare(grow)({ after: 'conv', module: relu, newRate: 'more', max: 1 }, train())),
    'step 1 (grow), newRate: expected \'balance\', or a number > 0 or null, got "more"',
  ],
  [
    steps(bare(grow)({ after: 'conv', module: relu, newRate: 0, max: 1 }, train())),
    "step 1 (grow), newRate: expected 'balance', or a number > 0 or null, got 0",
  ],
  [
    steps(bare(grow)({ after: 'conv', module: relu, exact: 1, max: 1 })),
    'step 1 (grow), exact: expected boolean, got 1',
  ],
  [
    steps(bare(grow)({ after: 'conv', max: 1 })),
    'step 1 (grow), growths 1, layer module: expected a layer, got undefined',
  ],
  [steps(undefined), 'step 1: expected a step, got undefined'],
  [bare(experiment)(head, undefined, train()), 'data: expected a data set, got undefined'],
  [data(glyphs({ train: 0 })), 'data (glyphs), train: expected a whole number from 1 to 1,000,000, got 0'],
  [data(bare(mnist)('folder')), 'data (mnist), options: expected a record of options, got "folder"'],
  [undefined, 'expected an experiment, got undefined'],
]

describe('a value that an option cannot have', () => {
  test.each(values)('%#: %s', (odd, said) => {
    expect(renderMessage(left(asExperiment(odd)))).toBe(said)
  })

  const layers: readonly (readonly [layer: unknown, said: string])[] = [
    [bare(convBnAct)('8'), 'layer conv (conv), filters: expected a whole number ≥ 1, got "8"'],
    [
      bare(convBnAct)(8, { stride: 2 }),
      'layer conv (conv), kernel: expected a whole number ≥ 1, or [height, width], got {"stride":2}',
    ],
    [bare(convBnAct)(8, 3, 2), 'layer conv (conv), options: expected a record of options, got 2'],
    [bare(maxPool)(3, 2), 'layer maxPool (maxPool), options: expected a record of options, got 2'],
    [
      bare(convBnAct)(8, 3, { stride: null }),
      'layer conv (conv), stride: expected a whole number ≥ 1, or [height, width], got null',
    ],
    [
      bare(convBnAct)(8, 3, { padding: 'full' }),
      'layer conv (conv), padding: expected "same", "valid", a whole number ≥ 0, or [top, bottom, left, right], got "full"',
    ],
    [
      bare(convBnAct)(8, 3, { norm: null }),
      'layer conv (conv), norm.options: expected a record of options, got null',
    ],
    [bare(batchNorm)({ momentum: 2 }), 'layer norm (norm), momentum: expected a number from 0 to 1, got 2'],
    [
      bare(inception)('i', { three: [4] }),
      'layer i/three/conv (conv), filters: expected a whole number ≥ 1, got undefined',
    ],
    [repeat('r', nan, relu), 'layer r (stack), times: expected a whole number from 0 to 100,000, got NaN'],
    [
      repeat('r', 1e9, relu),
      'layer r (stack), times: expected a whole number from 0 to 100,000, got 1000000000',
    ],
    [convBnAct, 'layer 1: expected a layer, got a function'],
    [maxPool, 'layer 1: expected a layer, got a function'],
    [undefined, 'layer 1: expected a layer, got undefined'],
  ]
  test.each(layers)('%#: %s', (odd, said) => {
    expect(renderMessage(left(infer(netOf(odd))))).toBe(said)
  })

  test('an image of other than three sizes', () => {
    const said = (...sizes: number[]) =>
      renderMessage(left(infer(bare(net)('n', bare(image)(...sizes), convBnAct(4), globalAvgPool, dense(3)))))
    expect(said(8, 8)).toBe('net (n), input: expected height, width and channels, got [8,8]')
    expect(said(8, 8, 1, 3)).toBe('net (n), input: expected height, width and channels, got [8,8,1,3]')
    expect(said(8, 8, 0.5)).toBe('input 3: expected a whole number ≥ 1, got 0.5')
  })

  test('a seed that is no whole number of 32 bits', async () => {
    const model = right(init(0)(freeNet))
    const dataset = right(await openData({ seed: 0 })(glyphs({ train: 200, test: 10 }))())
    const growth = { after: 'conv', module: relu }
    for (const seed of [1e300, 2 ** 32, -1, 0.5, nan]) {
      const said = `seed: expected a whole number from 0 to 4,294,967,295, got ${seed}`
      const learnt = trainModel({})({ dataset, seed } as never)(model)
      const facts = [
        left(init(seed)(freeNet)),
        left(random(seed)(model, undefined)),
        left(growModel({ ...growth, seed })(model)),
        left(await openData({ seed })(glyphs())()),
        left(await learnt()),
      ]
      for (const fact of facts) expect(renderMessage(fact)).toBe(said)
      expect(renderMessage(left(asExperiment(data(glyphs({ drawn: seed })))))).toBe(
        `data (glyphs), drawn: expected a whole number from 0 to 4,294,967,295, got ${seed}`,
      )
    }
    expect(E.isRight(init(2 ** 32 - 1)(freeNet))).toBe(true)
  })

  test('in a study: seeds, and criteria that are none of its own', () => {
    const of = (seeds: number) => asStudy(study('s', { seeds }, [{ name: 'a', experiment: whole }]))
    for (const seeds of [0, -1, 0.5, nan, 1e300])
      expect(renderMessage(left(of(seeds)))).toBe(
        `seeds: expected a whole number from 1 to 10,000, got ${seeds}`,
      )
    expect(
      renderMessage(
        left(asStudy(ablation('s', { ...base, criteria: ['l1'], removed: [0.5], scratch: ['l2'] }))),
      ),
    ).toBe('scratch: expected criteria of the ablation, got ["l2"]')
  })
})

test('what fits is let through, and says nothing more than it did', () => {
  expect(Object.keys(convBnAct(8) satisfies Layer)).toEqual([
    '_tag',
    'filters',
    'kernel',
    'groups',
    'name',
    'stride',
    'padding',
    'dilation',
    'norm',
    'bias',
    'activation',
  ])
  expect(JSON.stringify(train({ epochs: 2 }))).toBe(
    '{"_tag":"train","epochs":2,"batchSize":100,"learningRate":0.1,"lrSchedule":{"_tag":"cosine","floor":0,"warmup":20},"optimizer":{"_tag":"sgd","momentum":0.9,"nesterov":true,"weightDecay":0.0005,"decoupled":false},"labelSmoothing":0,"clipNorm":null,"balanced":false,"classWeights":null,"freeze":[],"scaleRate":1,"shiftRate":1,"average":null,"mix":null,"restoreBest":false,"patience":null,"accumulate":1,"distill":null}',
  )
  expect(right(checkSchedule(9)(experiment(tinyNet, glyphs(), train())))).toBe(undefined)
})
