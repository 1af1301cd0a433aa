import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOnnxFile, readOnnxModel } from '../../src/convert/onnx/import/read.js'
import { layersOf } from '../../src/net/layers.js'
import type { Layer } from '../../src/net/tree.js'
import { forward } from '../support/nets/forward.js'
import { apart, inFolder, logitsOf, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'

/** Made by `onnx/make.py`: a folder for each exporter and opset. */
const folder = join(import.meta.dirname, '../onnx')

const answers: Readonly<Record<string, readonly number[]>> = JSON.parse(
  readFileSync(join(folder, 'answers.json'), 'utf8'),
)

/** The images of `make.py`, [c, h, w], as [h, w, c]. */
const imagesOf = (side: number): Float32Array => {
  const pixels = side * side
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const at = (i % 3) * pixels + Math.floor(i / 3)
    return ((at * 37) % 101) / 101 - 0.5
  })
}

const tags = (file: string): Promise<readonly Layer['_tag'][]> =>
  run(readOnnxModel(join(folder, file))).then(({ net }) =>
    [...layersOf(net).values()].map(({ _tag }) => _tag),
  )

describe('a small net of PyTorch answers as there', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.onnx'),
  )
  test.for(files)('%s', async file => {
    const model = await run(readOnnxModel(join(folder, file)))
    const expected = answers[basename(file, '.onnx')] ?? []
    expect(apart(expected, logitsOf(model, imagesOf(32), 1))).toBeLessThan(tolerance)
  })

  test.for<readonly [file: string, ...expected: readonly Layer['_tag'][]]>([
    ['script/mobilenet_v2.onnx', 'depthwise', 'residual', 'dense'],
    ['script/mobilenet_v3.onnx', 'gate', 'residual'],
    ['script/efficientnet.onnx', 'gate'],
    ['script/shufflenet_v2.onnx', 'channelShuffle', 'channelSlice', 'concat'],
    ['script/densenet.onnx', 'norm', 'concat'],
    ['script/convnext.onnx', 'layerNorm', 'scale', 'residual'],
  ])('%s is read as the layers it is made of', async ([file, ...expected]) => {
    expect(await tags(file)).toEqual(expect.arrayContaining([...expected]))
  })

  test('identity batch norms keep the outputs', async () => {
    const file = join(folder, 'script/resnet.onnx')
    const { model, notes } = await run(readOnnxFile(file, { batchNorm: true }))
    expect(notes).toEqual([])
    expect(
      [...layersOf(model.net).values()].filter(layer => 'norm' in layer && layer.norm !== null),
    ).toHaveLength(6)
    expect(apart(answers.resnet ?? [], logitsOf(model, imagesOf(32), 1))).toBeLessThan(tolerance)
    const plain = await run(readOnnxFile(file))
    expect(plain.notes).toEqual([{ _tag: 'NormsFolded', layers: 6 }])
  })
})

const torchvision = [
  ...(['resnet18', 'resnet50', 'googlenet', 'inception_v3', 'mobilenet_v2', 'mobilenet_v3_large'] as const),
  ...(['squeezenet1_1', 'shufflenet_v2_x1_0', 'densenet121', 'efficientnet_b0', 'regnet_x_400mf'] as const),
  'convnext_tiny',
] as const

/** Of one net, other opsets than those that the exporters choose, which `0` stands for. */
const exports = [
  ...torchvision.flatMap(name => [[name, 'script', 0] as const, [name, 'dynamo', 0] as const]),
  ...([11, 17] as const).map(opset => ['mobilenet_v3_large', 'script', opset] as const),
  ['mobilenet_v3_large', 'dynamo', 24] as const,
] as const

/** Exports a net of torchvision with random weights and statistics. */
const exportScript = `
import sys, warnings, torch, torchvision
warnings.filterwarnings('ignore')
name, exporter, opset, file = sys.argv[1:]
torch.manual_seed(0)
options = {'aux_logits': True, 'init_weights': False} if name in ('googlenet', 'inception_v3') else {}
net = getattr(torchvision.models, name)(weights=None, **options).eval()
for module in net.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        torch.nn.init.uniform_(module.running_mean, -.1, .1)
        torch.nn.init.uniform_(module.running_var, .8, 1.2)
side = 299 if name == 'inception_v3' else 224
images = ((torch.arange(3 * side * side) * 37) % 101 / 101 - 0.5).reshape(1, 3, side, side)
with torch.no_grad():
    torch.onnx.export(net, (images,), file, dynamo=exporter == 'dynamo', opset_version=int(opset) or None)
    print('answer', *net(images)[0].tolist())
`

const wantsTorch = '(wants ESPALIER_PYTHON with torch, torchvision and onnxscript)'
const hasTorch = hasModule('torchvision') && hasModule('onnxscript')

describe.skipIf(!hasTorch)(`a net of torchvision answers as there ${wantsTorch}`, () => {
  test.for(exports)(
    '%s by the exporter %s, opset %i',
    { timeout: 300_000 }, // an export alone takes a minute on a busy machine
    ([name, exporter, opset]) =>
      inFolder(async folder => {
        const file = join(folder, 'model.onnx')
        const printed = runPython(exportScript, name, exporter, `${opset}`, file)
        const expected = printed
          .split('\n')
          .find(line => line.startsWith('answer'))
          ?.split(' ')
          .slice(1)
          .map(Number)
        const model = await run(readOnnxModel(file))
        const [side = 0] = model.net.input
        const difference = apart(expected ?? [], await forward(model, imagesOf(side), 1))
        console.log(`${name} (${exporter}, opset ${opset}): ${difference.toExponential(1)} from PyTorch`)
        expect(difference).toBeLessThan(tolerance)
      }),
  )
})
