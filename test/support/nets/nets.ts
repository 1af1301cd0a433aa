/** The nets of the DSL files by name, and the same nets narrow and on small images, where size forbids the whole. */
import * as E from 'fp-ts/lib/Either.js'
import convnext, { convnextCifar } from '../../../dsl/convnext.js'
import densenet40 from '../../../dsl/densenet40.js'
import efficientnet from '../../../dsl/efficientnet.js'
import googlenet from '../../../dsl/googlenet.js'
import googlenetCifar from '../../../dsl/googlenet-cifar.js'
import inception88 from '../../../dsl/inception88.js'
import lenet5 from '../../../dsl/lenet5.js'
import lenet5Caffe from '../../../dsl/lenet5-caffe.js'
import mobilenet from '../../../dsl/mobilenet.js'
import mobilenetv2 from '../../../dsl/mobilenetv2.js'
import mobilenetv3 from '../../../dsl/mobilenetv3.js'
import mobilenetv3Large from '../../../dsl/mobilenetv3-large.js'
import regnetx, { regnety } from '../../../dsl/regnet.js'
import resnet20, { resnet32, resnet44, resnet56, resnet110 } from '../../../dsl/resnet-cifar.js'
import resnet18, { resnet34, resnet50 } from '../../../dsl/resnet-imagenet.js'
import resnext29 from '../../../dsl/resnext29.js'
import shufflenetv2 from '../../../dsl/shufflenetv2.js'
import squeezenet from '../../../dsl/squeezenet.js'
import { vgg16, vgg19 } from '../../../dsl/vgg.js'
import { type CheckedNet, infer } from '../../../src/net/infer.js'
import { editLayers } from '../../../src/net/path.js'
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
