/** The nets that are timed, as files of every format that a contestant reads. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import densenet40 from '../dsl/nets/cifar/densenet40.js'
import googlenet from '../dsl/nets/cifar/googlenet.js'
import resnet20 from '../dsl/nets/cifar/resnet.js'
import inception88 from '../dsl/nets/imagenet/inception88.js'
import { relu6, stage } from '../dsl/nets/imagenet/mobilenetv2.js'
import lenet from '../dsl/nets/mnist/lenet5-caffe.js'
import { exportModel } from '../src/convert/export.js'
import { readModel } from '../src/convert/model-file.js'
import type { Target } from '../src/convert/target.js'
import { countMacs, countParams } from '../src/net/counts.js'
import { editLayers } from '../src/net/layers.js'
import type { Shape } from '../src/net/shape.js'
import type { Layer, Net } from '../src/net/tree.js'
import { init, type Model } from '../src/net/weights.js'
import { net } from '../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../src/net/words/leaves.js'
import { l1 } from '../src/surgery/prune/criteria.js'
import { prune } from '../src/surgery/prune/prune.js'
import { reference } from './net.js'
import { done } from './tools.js'

const narrowLayer =
  (share: number) =>
  (layer: Layer): Layer =>
    layer._tag === 'conv' ? { ...layer, filters: Math.round(share * layer.filters) } : layer

/** The net with a share of each convolution's filters, on images of another size. */
const narrow = (share: number, input: Shape, whole: Net): Net => ({
  ...editLayers(narrowLayer(share))(whole),
  input,
})

/** MobileNet v2 on small images: no stride in the stem and the second stage. */
const mobilenetv2 = net(
  'mobilenetv2-cifar',
  image(32, 32, 3),
  convBnAct(32, 3, { ...relu6, name: 'stem' }), // 32×32×32
  stage('stage1', 1, 32, 16, 1, 1), // 32×32×16
  stage('stage2', 6, 16, 24, 2, 1), // 32×32×24
  stage('stage3', 6, 24, 32, 3, 2), // 16×16×32
  stage('stage4', 6, 32, 64, 4, 2), // 8×8×64
  stage('stage5', 6, 64, 96, 3, 1), // 8×8×96
  stage('stage6', 6, 96, 160, 3, 2), // 4×4×160
  stage('stage7', 6, 160, 320, 1, 1), // 4×4×320
  convBnAct(1280, 1, { ...relu6, name: 'last' }), // 4×4×1280
  globalAvgPool,
  dense(10),
)

/** Nets by name; `tiny` is what the quick start comes to. */
const nets = {
  reference,
  'lenet5-caffe': lenet,
  resnet20,
  mobilenetv2,
  densenet40,
  googlenet,
  inception88: narrow(1 / 4, [64, 64, 3], inception88),
} as const satisfies Readonly<Record<string, Net>>

/** Nets that are timed where they are named: on cards. */
const large = { 'inception88-whole': inception88 } as const satisfies Readonly<Record<string, Net>>

export const netNames: readonly string[] = ['tiny', ...Object.keys(nets)]

const tiny = new URL('../examples/quickstart.safetensors', import.meta.url).pathname

const begin = (name: string): TE.TaskEither<unknown, Model> => {
  if (name === 'tiny') return readModel(tiny)
  const found = Object.entries({ ...nets, ...large }).find(([each]) => each === name)
  return found === undefined
    ? TE.left(`no net ${name}: expected ${[...netNames, ...Object.keys(large)].join(', ')}`)
    : TE.fromEither(init(0)(found[1]))
}

/** How far a net is cut, by L1 norms: the share of its multiply–accumulates that stays. */
export interface Cut {
  readonly share: number
  /** By default that of the prune. */
  readonly roundTo?: number
}

const quarter: Cut = { share: 0.25 }

const cutTo =
  ({ share, ...options }: Cut) =>
  (model: Model): TE.TaskEither<unknown, Model> =>
    pipe(
      TE.fromEither(prune({ keep: { macs: share }, by: l1, normalize: 'layer', ...options })(model)),
      TE.map(({ model }) => model),
    )

/** A net whose files lie in a folder. */
export interface TimedNet {
  readonly name: string
  readonly folder: string
  readonly input: Shape
  readonly params: number
  readonly macs: number
}

const formats: readonly Target[] = ['layers', 'onnx', 'pytorch']

const write = (folder: string, model: Model): TE.TaskEither<unknown, unknown> =>
  pipe(
    formats,
    TE.traverseSeqArray(to => exportModel({ to, folder: join(folder, to) })(model)),
    TE.flatMap(() => exportModel({ to: 'safetensors', folder })(model)),
  )

const writeOnce = async (
  name: string,
  into: string,
  task: TE.TaskEither<unknown, Model>,
): Promise<TimedNet> => {
  const model = await done(task)
  const folder = join(into, name)
  if (!existsSync(join(folder, 'model.safetensors'))) await done(write(folder, model))
  return { name, folder, input: model.net.input, params: countParams(model), macs: countMacs(model) }
}

/** Writes the files of a net that is cut, once. */
export const cutNet = (name: string, into: string, cut: Cut): Promise<TimedNet> =>
  writeOnce(`${name}-${cut.share}-${cut.roundTo ?? 'usual'}`, into, pipe(begin(name), TE.flatMap(cutTo(cut))))

/** Writes a net's files, once; `-pruned` behind its name means a quarter of its multiply–accumulates. */
export const timedNet = (name: string, into: string): Promise<TimedNet> => {
  const whole = name.replace(/-pruned$/, '')
  return writeOnce(name, into, whole === name ? begin(name) : pipe(begin(whole), TE.flatMap(cutTo(quarter))))
}
