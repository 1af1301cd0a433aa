/** The nets of the DSL files have the sizes their authors, or their best-known implementations, publish. */
import { describe, expect, test } from 'vitest'
import cifar10 from '../../dsl/cifar10.js'
import imagenet from '../../dsl/imagenet.js'
import { countMacs, countParams } from '../../src/net/counts.js'
import { editLayers, layersOf } from '../../src/net/layers.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { inferredOf, nets } from '../support/nets/nets.js'

const params = (net: Net): number => countParams(inferredOf(net))

/** Filters of every convolution: as many biases stand before a batch norm elsewhere, which has a shift already. */
const filtersOf = (net: Net): number =>
  [...layersOf(net).values()].reduce((sum, layer) => sum + (layer._tag === 'conv' ? layer.filters : 0), 0)

/** A shortcut that projects, where the original pads with zeros: two 1×1 convolutions and their batch norms. */
const projections = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64

/** LeNet-5 as it was: C3 reads 60 of 96 pairs of maps, S2 and S4 scale and shift, the end's codes are fixed. */
const lenet = 36 * 25 - 2 * 6 - 2 * 16 + (84 * 10 + 10)

/** Filters of the 5×5 branches of GoogLeNet's nine modules, reduced and at their end. */
const fives = [
  [16, 32],
  [32, 96],
  [16, 48],
  [24, 64],
  [24, 64],
  [32, 64],
  [32, 128],
  [32, 128],
  [48, 128],
] as const

const overFives = (each: (reduced: number, filters: number) => number): number =>
  fives.reduce((sum, [reduced, filters]) => sum + each(reduced, filters), 0)

/** A 3×3 with batch norm, as narrow as the reduction before it: what ours have before torchvision's single 3×3. */
const before = overFives(reduced => 9 * reduced ** 2 + 2 * reduced)

/** The first of two 3×3 is as wide as the second in pytorch-cifar's modules, and as the reduction in ours. */
const wider = overFives((reduced, filters) => 9 * (filters ** 2 - reduced ** 2) + 2 * (filters - reduced))
/** There each convolution has a bias too. */
const biases = filtersOf(nets.googlenetCifar) + overFives((reduced, filters) => filters - reduced)

interface Golden {
  readonly net: Net
  readonly published: number
  /** Ours less what was published. */
  readonly differs: number
  readonly source: string
}

const torchvision = 'torchvision 0.15, num_params of the weights'
const idelbayev = 'Idelbayev 2018, pytorch_resnet_cifar10; He et al. 2016, table 6, rounded'

const golden: readonly Golden[] = [
  { net: nets.googlenet, published: 6_624_904, differs: before, source: torchvision },
  {
    net: nets.googlenetCifar,
    published: 6_166_250,
    differs: -wider - biases,
    source: 'Liu 2017, pytorch-cifar; the 6.15M of Lin et al. 2020 (HRank)',
  },
  { net: nets.resnet20, published: 269_722, differs: projections, source: idelbayev },
  { net: nets.resnet32, published: 464_154, differs: projections, source: idelbayev },
  { net: nets.resnet44, published: 658_586, differs: projections, source: idelbayev },
  { net: nets.resnet56, published: 853_018, differs: projections, source: idelbayev },
  { net: nets.resnet110, published: 1_727_962, differs: projections, source: idelbayev },
  { net: nets.resnet18, published: 11_689_512, differs: 0, source: torchvision },
  { net: nets.resnet34, published: 21_797_672, differs: 0, source: torchvision },
  { net: nets.resnet50, published: 25_557_032, differs: 0, source: torchvision },
  { net: nets.squeezenet, published: 1_235_496, differs: 0, source: torchvision },
  { net: nets.mobilenet, published: 4_231_976, differs: 0, source: 'Keras applications, trainable' },
  { net: nets.mobilenetv2, published: 3_504_872, differs: 0, source: torchvision },
  { net: nets.mobilenetv3, published: 2_542_856, differs: 0, source: torchvision },
  { net: nets.mobilenetv3Large, published: 5_483_032, differs: 0, source: torchvision },
  { net: nets.efficientnet, published: 5_288_548, differs: 0, source: torchvision },
  { net: nets.shufflenetv2, published: 2_278_604, differs: 0, source: torchvision },
  { net: nets.regnetx, published: 5_495_976, differs: 0, source: torchvision },
  { net: nets.regnety, published: 4_344_144, differs: 0, source: torchvision },
  { net: nets.resnext29, published: 34_426_698, differs: 0, source: 'Xie et al. 2017, table 7: 34.4M' },
  { net: nets.densenet40, published: 1_019_722, differs: 0, source: 'Huang et al. 2017, table 2: 1.0M' },
  { net: nets.convnext, published: 28_589_128, differs: 0, source: torchvision },
  { net: nets.vgg16, published: 138_365_992, differs: -filtersOf(nets.vgg16), source: torchvision },
  { net: nets.vgg19, published: 143_678_248, differs: -filtersOf(nets.vgg19), source: torchvision },
  { net: nets.lenet5, published: 60_000, differs: lenet, source: 'LeCun et al. 1998, section II.B' },
  { net: nets.lenet5Caffe, published: 431_080, differs: 0, source: 'Han et al. 2015, table 1: 431K' },
]

test.each(golden)('$net.name has the parameters of $source', ({ net, published, differs }) => {
  expect(params(net) - published).toBe(differs)
})

/** Source  torchvision 0.15, _ops of the weights; Howard et al. 2017, table 8: 569M */
const billions: readonly (readonly [Net, number])[] = [
  [nets.resnet18, 1.814],
  [nets.resnet34, 3.664],
  [nets.resnet50, 4.089],
  [nets.squeezenet, 0.349],
  [nets.mobilenet, 0.569],
  [nets.mobilenetv2, 0.301],
  [nets.mobilenetv3, 0.057],
  [nets.mobilenetv3Large, 0.217],
  [nets.efficientnet, 0.386],
  [nets.shufflenetv2, 0.145],
  [nets.regnetx, 0.414],
  [nets.regnety, 0.402],
  [nets.convnext, 4.456],
  [nets.vgg16, 15.47],
  [nets.vgg19, 19.632],
]

test.each(billions)('$name has the multiply–accumulates published', (net, published) => {
  expect(countMacs(inferredOf(net)) / 1e9).toBeCloseTo(published, 3)
})

/** Layers with weights along the longest path: how ResNets are counted, and GoogLeNet's 22. */
const depthOf = (layer: Layer): number => {
  switch (layer._tag) {
    case 'conv':
    case 'depthwise':
    case 'dense':
      return 1
    case 'stack':
      return layer.layers.reduce((sum, each) => sum + depthOf(each), 0)
    case 'concat':
      return Math.max(...layer.branches.map(depthOf))
    case 'residual':
      return Math.max(depthOf(layer.body), depthOf(layer.shortcut))
    default:
      return 0
  }
}

/** Each 5×5 as one convolution again. */
const undoubled = editLayers(layer =>
  layer._tag === 'stack' && layer.name === 'five'
    ? { ...layer, layers: layer.layers.filter(({ name }) => name !== 'conv2') }
    : layer,
)

/** The modules without their names, in order. */
const modulesOf = (net: Net): readonly string[] =>
  [...layersOf(net).values()].flatMap(layer =>
    layer._tag === 'concat' ? [JSON.stringify({ ...layer, name: '' })] : [],
  )

const isWithin = (few: readonly string[], many: readonly string[]): boolean =>
  many.reduce((found, each) => (each === few[found] ? found + 1 : found), 0) === few.length

describe('depth', () => {
  test.each([
    [nets.resnet20, 20],
    [nets.resnet56, 56],
    [nets.resnet110, 110],
    [nets.resnet18, 18],
    [nets.resnet34, 34],
    [nets.resnet50, 50],
    [nets.densenet40, 40],
    [nets.resnext29, 29],
    [nets.vgg16, 16],
    [nets.vgg19, 19],
    [nets.googlenet, 31],
    [nets.inception88, 88],
  ] as const)('$name is as deep as its name says', (net, depth) => {
    expect(depthOf(net.body)).toBe(depth)
  })

  test("with single 5×5s the base has GoogLeNet's 22", () => {
    expect(depthOf(undoubled(nets.googlenet).body)).toBe(22)
  })
})

test('Inception-88 is the base with 19 modules more', () => {
  const [base, grown] = [modulesOf(nets.googlenet), modulesOf(nets.inception88)]
  expect([base.length, grown.length]).toEqual([9, 28])
  expect(isWithin(base, grown)).toBe(true)
  expect(params(nets.inception88)).toBe(25_330_888)
})

test('the experiments are on the nets they speak of', () => {
  expect(imagenet.net).toEqual(nets.inception88)
  expect(params(cifar10.net)).toBe(155_916)
})
