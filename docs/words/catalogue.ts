/** The words by what they are for, each with an example; what is said of a word is its docstring. */
import type { Shape } from '../../src/net/shape.js'

/** A word, an expression that shows it, and for a layer the shape it is shown on. */
export interface Entry {
  readonly word: string
  readonly code: string
  readonly input?: Shape
}

export interface Section {
  readonly title: string
  readonly text: string
  readonly entries: readonly Entry[]
}

const map: Shape = [28, 28, 24]

const on =
  (input: Shape) =>
  (word: string, code = word): Entry => ({ word, code, input })

const layer = on(map)

const plain = (word: string, code: string): Entry => ({ word, code })

const nets: Section = {
  title: 'Nets',
  text: 'A net has a name, an input, and layers in the order in which they compute.',
  entries: [
    on([28, 28, 1])('image', "net('first', image(28, 28, 1), convBnAct(12), globalAvgPool, dense(10))"),
    on([28, 28, 1])(
      'net',
      "net('tiny', image(28, 28, 1), convBnAct(8), maxPool(), globalAvgPool, dense(10))",
    ),
  ],
}

const layers: Section = {
  title: 'Layers',
  text: 'Blue blocks are maps, blue columns vectors. Layers in a brown frame have weights; those in a green one have none, or one for each channel.',
  entries: [
    on([28, 28, 1])('conv', 'conv(16, 5, { padding: 0 })'),
    on([28, 28, 1])('convBnAct', 'convBnAct(12, 3, { stride: 2 })'),
    layer('depthwise', 'depthwise(3, { stride: 2 })'),
    layer('depthwiseBnAct', 'depthwiseBnAct(5)'),
    layer('separable', 'separable(32)'),
    on([24])('dense', 'dense(10)'),
    layer('maxPool', 'maxPool()'),
    layer('avgPool', 'avgPool(3, { stride: 2 })'),
    layer('globalAvgPool'),
    layer('globalMaxPool'),
    on([4, 4, 24])('flatten'),
    layer('batchNorm', 'batchNorm()'),
    layer('layerNorm', 'layerNorm()'),
    layer('layerScale', 'layerScale()'),
    on([24])('dropout', 'dropout(0.2)'),
    layer('dropPath', 'dropPath(0.1)'),
  ],
}

const activations: Section = {
  title: 'Activations',
  text: 'Each is a layer of its own; its name is also a value of the option `activation` of a convolution or a dense layer.',
  entries: [
    ...[
      'relu',
      'relu6',
      'sigmoid',
      'tanh',
      'swish',
      'hardSigmoid',
      'hardSwish',
      'elu',
      'gelu',
      'geluTanh',
    ].map(name => layer(name)),
    layer('leakyRelu', 'leakyRelu(0.1)'),
  ],
}

const combined: Section = {
  title: 'Layers of layers',
  text: 'In series, side by side, or with a shortcut: + is a sum, × a product, c a concatenation. A function that returns a word is a word too.',
  entries: [
    layer('stack', "stack('down', convBnAct(32), maxPool())"),
    layer('concat', "concat('c', conv(8, 1), conv(16, 3))"),
    layer('residual', "residual('r', stack('body', convBnAct(24), conv(24)), { activation: 'relu' })"),
    layer('sum', "sum('join', conv(8, 1), conv(8, 3), conv(8, 5))"),
    layer('identity'),
    layer('repeat', "repeat('r', 3, convBnAct(24))"),
    layer('inception', "inception('a', { point: 8, three: [8, 12], five: [4, 6], pool: 4 })"),
    layer('withName', "withName('stem', convBnAct(12))"),
    layer('gate', "gate('g', stack('body', globalAvgPool, dense(24, { activation: 'sigmoid' })))"),
    layer('squeezeExcite', "squeezeExcite('se', 24, 6)"),
    layer('channelShuffle', 'channelShuffle(4)'),
    layer('channelSlice', 'channelSlice(0, 8)'),
    layer('layer', "layer('twice', () => ({ channels: 'same', lower: x => op.mul(x, 2) }))()"),
  ],
}

const given: Section = {
  title: 'Nets from nets',
  text: 'A model in a file, and a net that is another one changed.',
  entries: [
    plain('from', "from('resnet18.onnx', { head: 3 })"),
    on([8, 8, 1])('withHead', "withHead(3)(net('n', image(8, 8, 1), conv(4), globalAvgPool, dense(10)))"),
    on([8, 8, 1])(
      'without',
      "without('conv2')(net('n', image(8, 8, 1), conv(4), conv(4), globalAvgPool, dense(2)))",
    ),
  ],
}

const data: Section = {
  title: 'Data',
  text: 'What an experiment trains and tests on. All images of a data set have one shape, which must be that of the net’s input.',
  entries: [
    plain('glyphs', 'glyphs({ train: 2000 })'),
    plain('mnist', 'mnist({ augment: [shift(2)] })'),
    plain('cifar10', 'cifar10({ augment: [randomCrop(4), flip] })'),
    plain('cifar100', "cifar100({ labels: 'coarse' })"),
    plain('imageFolder', 'imageFolder(image(64, 64, 3), { test: 0.25 })'),
    plain('imageCsv', "imageCsv(image(64, 64, 3), { columns: { path: 'photo', label: 'species' } })"),
    plain('tfrecord', 'tfrecord(image(256, 256, 3), 1000, { augment: [randomResizedCrop(224), flip] })'),
    plain('tfds', 'tfds(image(28, 28, 1))'),
  ],
}

const augmentations: Section = {
  title: 'Augmentations',
  text: 'Random changes of training images, drawn anew in each epoch: the option `augment` of a data set lists them in order.',
  entries: [
    plain('shift', 'shift(4)'),
    plain('flip', 'flip'),
    plain('alternatingFlip', 'alternatingFlip'),
    plain('randomCrop', 'randomCrop(6)'),
    plain('randomResizedCrop', 'randomResizedCrop(20)'),
    plain('randomAffine', 'randomAffine(25, { translate: [0.1, 0.1], scale: [0.8, 1.2] })'),
    plain('cutout', 'cutout(10)'),
    plain('colorJitter', 'colorJitter({ brightness: 0.6, contrast: 0.4 })'),
  ],
}

const schedules: Section = {
  title: 'Schedules',
  text: 'The steps of an experiment, in the order in which they run.',
  entries: [
    plain(
      'experiment',
      "experiment(net('n', image(28, 28, 1), convBnAct(12), globalAvgPool, dense(10)), glyphs(), train({ epochs: 2 }), prune({ keep: { params: 0.5 }, by: 'l1' }), train())",
    ),
    plain('initialize', "initialize({ whiten: 'stem' })"),
    plain('train', 'train({ epochs: 8, batchSize: 64, labelSmoothing: 0.1 })'),
    plain('push', 'push({ epochs: 2 })'),
    plain('prune', "prune({ keep: { params: 0.3 }, by: 'taylor' })"),
    plain(
      'grow',
      "grow({ after: 'a', module: inception('b', { point: 8, three: [8, 16] }), max: 3 }, train({ epochs: 2 }))",
    ),
    plain(
      'regrow',
      "regrow({ atMost: { params: 20_000 } }, prune({ keep: { params: 0.7 }, by: 'taylor' }), grow({ widen: 'a', by: 1.5, max: 1 }, train()))",
    ),
    plain('untilTarget', 'untilTarget({ keep: { params: 0.05 }, rounds: 4 }, push({ epochs: 2 }), prune())'),
    plain('whileAccuracy', "whileAccuracy({ within: '5%' }, push(), prune(), train())"),
    plain('distill', 'train({ epochs: 6, distill })'),
    plain('alignment', 'push({ epochs: 2, align: alignment, fade: null })'),
    plain('noTerms', 'push({ epochs: 2, align: noTerms })'),
    plain('recipe', 'train({ ...recipe.fast, epochs: 8 })'),
    plain('defaultFloor', "prune({ keep: { macs: 0.5 }, by: 'l1', floor: 2 * defaultFloor })"),
  ],
}

const rates: Section = {
  title: 'Learning rates and optimizers',
  text: 'The rate of a step is `learningRate` times the factor in the picture; an optimizer turns a gradient into an update.',
  entries: [
    plain('constant', 'constant()'),
    plain('step', 'step({ at: [0.5, 0.75], factor: 0.3 })'),
    plain('cosine', 'cosine({ warmup: 20 })'),
    plain('triangular', 'triangular()'),
    plain('sgd', 'sgd({ momentum: 0.9, nesterov: true })'),
    plain('adamw', 'adamw({ weightDecay: 0.05 })'),
  ],
}

const own: Section = {
  title: 'Functions of your own in a schedule',
  text: 'Each has a name, which is all that a run’s folder holds of it. The [cook book](cookbook.md) has whole programs.',
  entries: [
    plain(
      'criterion',
      "prune({ by: criterion('mine', model => l1(model, undefined)), keep: { params: 0.3 } })",
    ),
    plain(
      'growthRule',
      "grow({ rule: growthRule('deeper', () => ({ deepen: 'a/three', module: convBnAct(8) })), max: 3 }, train())",
    ),
    plain(
      'pushTerm',
      "push({ align: { terms: [pushTerm('sparse', ({ features }) => op.mean(op.abs(features)))(0.01)] } })",
    ),
  ],
}

const studies: Section = {
  title: 'Studies',
  text: 'Experiments that are compared, each with several seeds; `npm run compare` and `npm run ablate` run them.',
  entries: [
    plain('study', "study('sizes', { seeds: 3 }, [{ name: 'small', experiment: tinyExperiment }])"),
    plain(
      'ablation',
      "ablation('parts', { net: tinyNet, data: glyphs(), base: train(), trainings: { none: { fade: null }, fade: {} }, epochs: 2, criteria: ['l1', 'taylor'], removed: [0.5, 0.9], repair: train() })",
    ),
  ],
}

const functions: Section = {
  title: 'Functions over nets',
  text: 'They return an `Either` of fp-ts where a net may not fit.',
  entries: [
    plain('infer', 'infer(tinyNet)'),
    plain('init', 'init(0)(tinyNet)'),
    plain('countParams', 'pipe(infer(tinyNet), E.map(countParams))'),
    plain('countMacs', 'pipe(infer(tinyNet), E.map(countMacs))'),
  ],
}

/** In the order of the page. */
export const catalogue: readonly Section[] = [
  nets,
  layers,
  activations,
  combined,
  given,
  data,
  augmentations,
  schedules,
  rates,
  own,
  studies,
  functions,
]
