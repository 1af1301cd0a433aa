/** The nets of the DSL files by name, and the same nets narrow and on small images, where size forbids the whole. */
import * as E from 'fp-ts/lib/Either.js'
import densenet40 from '../../../dsl/nets/cifar/densenet40.js'
import googlenetCifar from '../../../dsl/nets/cifar/googlenet.js'
import resnet20, { resnet32, resnet44, resnet56, resnet110 } from '../../../dsl/nets/cifar/resnet.js'
import resnext29 from '../../../dsl/nets/cifar/resnext29.js'
import convnext, { convnextCifar } from '../../../dsl/nets/imagenet/convnext.js'
import efficientnet from '../../../dsl/nets/imagenet/efficientnet.js'
import googlenet from '../../../dsl/nets/imagenet/googlenet.js'
import inception88 from '../../../dsl/nets/imagenet/inception88.js'
import mobilenet from '../../../dsl/nets/imagenet/mobilenet.js'
import mobilenetv2 from '../../../dsl/nets/imagenet/mobilenetv2.js'
import mobilenetv3 from '../../../dsl/nets/imagenet/mobilenetv3.js'
import mobilenetv3Large from '../../../dsl/nets/imagenet/mobilenetv3-large.js'
import regnetx, { regnety } from '../../../dsl/nets/imagenet/regnet.js'
import resnet18, { resnet34, resnet50 } from '../../../dsl/nets/imagenet/resnet.js'
import shufflenetv2 from '../../../dsl/nets/imagenet/shufflenetv2.js'
import squeezenet from '../../../dsl/nets/imagenet/squeezenet.js'
import { vgg16, vgg19 } from '../../../dsl/nets/imagenet/vgg.js'
import lenet5 from '../../../dsl/nets/mnist/lenet5.js'
import lenet5Caffe from '../../../dsl/nets/mnist/lenet5-caffe.js'
import { type CheckedNet, infer } from '../../../src/net/infer.js'
import { editLayers } from '../../../src/net/layers.js'
import type { Net } from '../../../src/net/tree.js'

export const nets = {
  googlenet,
  googlenetCifar,
  inception88,
  resnet20,
  resnet32,
  resnet44,
  resnet56,
  resnet110,
  resnet18,
  resnet34,
  resnet50,
  squeezenet,
  mobilenet,
  mobilenetv2,
  mobilenetv3,
  mobilenetv3Large,
  efficientnet,
  shufflenetv2,
  resnext29,
  regnetx,
  regnety,
  densenet40,
  convnext,
  convnextCifar,
  vgg16,
  vgg19,
  lenet5,
  lenet5Caffe,
} satisfies Readonly<Record<string, Net>>

export const inferredOf = (net: Net): CheckedNet => {
  const inferred = infer(net)
  if (E.isLeft(inferred)) throw new Error(JSON.stringify(inferred.left))
  return inferred.right
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b))

/** The same tree with this share of each layer's filters and units, rounded up, on images of another size. */
export const narrowed =
  (share: number, side: number) =>
  (net: Net): Net => {
    const few = (count: number): number => Math.ceil(count * share)
    const narrower = editLayers(layer => {
      if (layer._tag === 'conv') {
        const filters = few(layer.filters)
        return { ...layer, filters, groups: commonDivisor(layer.groups, filters) }
      }
      if (layer._tag === 'channelSlice') return { ...layer, from: few(layer.from), size: few(layer.size) }
      return layer._tag === 'dense' ? { ...layer, units: few(layer.units) } : layer
    })(net)
    return { ...narrower, input: [side, side, ...net.input.slice(2)] }
  }
