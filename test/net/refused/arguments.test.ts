/** An argument more than a word takes is refused with its place. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import * as index from '../../../src/index.js'
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
  initialize,
  layerNorm,
  layerScale,
  leakyRelu,
  maxPool,
  mnist,
  layer as ownLayer,
  prune,
  push,
  pushTerm,
  randomAffine,
  randomCrop,
  randomResizedCrop,
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
  withName,
} from '../../../src/index.js'
import { type DecodeError, decode } from '../../../src/io/codec.js'
import { netCodec } from '../../../src/net/codec.js'
import { infer } from '../../../src/net/infer.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { givenCodec } from '../../../src/run/standalone/resolve.js'
import { l1 } from '../../../src/surgery/prune/criteria.js'
import { left } from '../../support/nets/surgery.js'
import { asExperiment, asStudy, augmented, bare, base, data, netOf, steps, whole } from './reading.js'

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
  randomAffine: [asAugmentation(randomAffine), [8, {}]],
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
