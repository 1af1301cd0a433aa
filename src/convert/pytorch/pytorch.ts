/** PyTorch: `model.py`, a module as a person would write it, and its `state_dict` as safetensors. */
import { encodeTensors } from '../../io/safetensors.js'
import { outputShape } from '../../net/infer.js'
import { channelsOf, type Shape } from '../../net/shape.js'
import type { Model, Tensor } from '../../net/weights.js'
import type { Description } from '../description.js'
import type { Input } from '../input.js'
import { maxPixel } from '../rewrite/include-normaliser.js'
import { type File, textFile } from '../target.js'
import { helpersFor } from './helpers.js'
import { netModule } from './layers.js'
import { holding, type Module, moduleOf } from './module.js'
import { call, literal, textOf } from './python.js'

const vector = (values: readonly number[]): Tensor => ({
  shape: [1, values.length, 1, 1],
  data: Float32Array.from(values),
})

/** (pixel − mean) / deviation, both in units of the input. */
const normaliseModule = (most: number, { mean, deviation }: Description): Module => {
  const [centre, spread] = [mean.map(each => each * most), deviation.map(each => each * most)]
  return moduleOf(call('Normalise', ['mean', literal(centre)], ['std', literal(spread)]), [
    ['mean', vector(centre)],
    ['std', vector(spread)],
  ])
}

/** The normaliser, where the model takes pixels, and the net's own layers. */
const partsOf = (model: Model, description: Description | null): readonly (readonly [string, Module])[] => {
  const layers = ['layers', netModule(model)] as const
  return description === null || description.input === 'normalised'
    ? [layers]
    : [['normalise', normaliseModule(maxPixel[description.input], description)], layers]
}

const inputText: { readonly [I in Input]: string } = {
  raw: 'pixels from 0 to 255',
  unit: 'pixels from 0 to 1',
  normalised: 'normalised by the caller',
}

/** Channels first, as PyTorch has them. */
const imagesText = (shape: Shape): string => ['n', channelsOf(shape), ...shape.slice(0, -1)].join(', ')

const usage = (model: Model, description: Description | null): string => {
  const images = `float32 [${imagesText(model.net.input)}], ${inputText[description?.input ?? 'normalised']}`
  return `"""A net exported by espalier; its weights lie beside this file, in model.safetensors.

    from model import ${description === null ? '' : 'CLASSES, '}load
    logits = load()(images)    # ${images} -> [n, ${outputShape(model).join(', ')}]

Needs torch and safetensors.
"""`
}

const netClass = (parts: readonly (readonly [string, Module])[]): string => {
  const fields = parts.map(([name, { source }]) => {
    const start = `        self.${name} = `
    return start + textOf(source, 8, start.length)
  })
  const result = parts.reduce((value, [name]) => `self.${name}(${value})`, 'images')
  return `class Net(nn.Module):
    def __init__(self):
        super().__init__()
${fields.join('\n')}

    def forward(self, images):
        return ${result}`
}

const loader = `def load(folder=Path(__file__).parent):
    """The trained net, in evaluation mode."""
    net = Net()
    net.load_state_dict(load_file(Path(folder) / 'model.safetensors'))
    return net.eval()`

const listText = (names: readonly string[]): string => {
  const line = literal(names)
  return line.length < 100 ? line : `[\n${names.map(name => `    ${literal(name)},\n`).join('')}]`
}

const importsFor = (text: string): string =>
  [
    ...(text.includes('OrderedDict') ? ['from collections import OrderedDict'] : []),
    'from pathlib import Path\n',
    ...(text.includes('torch.') ? ['import torch'] : []),
    'from safetensors.torch import load_file',
    'from torch import nn',
    ...(text.includes('F.') ? ['from torch.nn import functional as F'] : []),
  ].join('\n')

const sourceOf = (
  model: Model,
  description: Description | null,
  parts: readonly (readonly [string, Module])[],
): string => {
  const net = netClass(parts)
  const classes = description === null ? [] : [`CLASSES = ${listText(description.classes)}`]
  const body = [...helpersFor(net), net, loader].join('\n\n\n')
  const head = [usage(model, description), importsFor(body), ...classes].join('\n\n')
  return `${head}\n\n\n${body}\n`
}

const metadataOf = (description: Description | null): Readonly<Record<string, string>> => ({
  format: 'pt',
  ...(description !== null && { preprocessing: JSON.stringify(description) }),
})

/**
 * A model as `model.py` and `model.safetensors`, whose names are those of the module's `state_dict`. It also trains:
 * dropout, stochastic depth and the momentum of batch norms are those of the net.
 *
 * Shapes  images [n, channels, height, width] → logits [n, classes], for any n
 * Law     the module in evaluation mode computes what the engines here compute, within float32 rounding
 */
export const toPyTorch = (model: Model, description: Description | null = null): readonly File[] => {
  const parts = partsOf(model, description)
  const tensors = Object.fromEntries(holding('Net', parts).state)
  return [
    textFile('model.py', sourceOf(model, description, parts)),
    { name: 'model.safetensors', bytes: encodeTensors(tensors, metadataOf(description)) },
  ]
}
