import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOnnxFile, readOnnxModel } from '../../src/convert/onnx/import/read.js'
import { layersOf } from '../../src/net/layers.js'
import type { Layer } from '../../src/net/tree.js'
import { forward } from '../support/nets/forward.js'
import { apart, inFolder, logitsOf, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'

/** Made by `onnx/make.py`. */
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
  test.for(readdirSync(folder).filter(file => file.endsWith('.onnx')))('%s', async file => {
    const model = await run(readOnnxModel(join(folder, file)))
    const expected = answers[file.split('.')[0] ?? ''] ?? []
    expect(apart(expected, logitsOf(model, imagesOf(32), 1))).toBeLessThan(tolerance)
  })

  test.for<readonly [file: string, ...expected: readonly Layer['_tag'][]]>([
    ['mobilenet_v2.script.onnx', 'depthwise', 'residual', 'dense'],
    ['mobilenet_v3.script.onnx', 'gate', 'residual'],
    ['efficientnet.script.onnx', 'gate'],
    ['shufflenet_v2.script.onnx', 'channelShuffle', 'channelSlice', 'concat'],
    ['densenet.script.onnx', 'norm', 'concat'],
    ['convnext.script.onnx', 'layerNorm', 'scale', 'residual'],
  ])('%s is read as the layers it is made of', async ([file, ...expected]) => {
    expect(await tags(file)).toEqual(expect.arrayContaining([...expected]))
  })

  test('identity batch norms keep the outputs', async () => {
    const file = join(folder, 'resnet.script.onnx')
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

/** Exports a net of torchvision with random weights and statistics, by the exporter that `dynamo` names. */
const exportScript = `
import sys, warnings, torch, torchvision
warnings.filterwarnings('ignore')
name, exporter, file = sys.argv[1:]
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
    torch.onnx.export(net, (images,), file, dynamo=exporter == 'dynamo')
    print('answer', *net(images)[0].tolist())
`

const wantsTorch = '(wants ESPALIER_PYTHON with torch, torchvision and onnxscript)'
const hasTorch = hasModule('torchvision') && hasModule('onnxscript')

describe.skipIf(!hasTorch)(`a net of torchvision answers as there ${wantsTorch}`, () => {
  test.for(torchvision.flatMap(name => [[name, 'script'] as const, [name, 'dynamo'] as const]))(
    '%s by the exporter %s',
    { timeout: 300_000 }, // an export alone takes a minute on a busy machine
    ([name, exporter]) =>
      inFolder(async folder => {
        const file = join(folder, 'model.onnx')
        const printed = runPython(exportScript, name, exporter, file)
        const expected = printed
          .split('\n')
          .find(line => line.startsWith('answer'))
          ?.split(' ')
          .slice(1)
          .map(Number)
        const model = await run(readOnnxModel(file))
        const [side = 0] = model.net.input
        const difference = apart(expected ?? [], await forward(model, imagesOf(side), 1))
        console.log(`${name} (${exporter}): ${difference.toExponential(1)} from PyTorch`)
        expect(difference).toBeLessThan(tolerance)
      }),
  )
})
