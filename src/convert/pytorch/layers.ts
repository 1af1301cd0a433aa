/** Every layer of a model as a module of PyTorch, along the tree. */
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import type { PlacedLayer } from '../../net/infer.js'
import { fold } from '../../net/interpret.js'
import type { Layer, Residual } from '../../net/tree.js'
import type { Model } from '../../net/weights.js'
import { activationModule } from './activations.js'
import { leafModule } from './leaves.js'
import { holding, holdingLayers, identity, type Module } from './module.js'

/** Modules under the names of their layers. */
const named = (layers: readonly Layer[], modules: readonly Module[]) =>
  RA.zipWith(layers, modules, ({ name }, module) => [name, module] as const)

const residualModule = (body: Module, shortcut: Module, { activation }: Residual): Module =>
  holding('Residual', [
    ['body', body],
    ...(shortcut === identity ? [] : [['shortcut', shortcut] as const]),
    ...(activation === null ? [] : [['activation', activationModule(activation)] as const]),
  ])

/** The module of a model's net. */
export const netModule = (model: Model): Module =>
  fold<Module>({
    leaf: (leaf, path) => leafModule(model, leaf, model.layers.get(path) as PlacedLayer), // the net was checked
    stack: (modules, { layers }) =>
      layers.length === 0 ? identity : holdingLayers('stack', named(layers, modules)),
    concat: (modules, { branches }) => holdingLayers('Concat', named(branches, modules)),
    residual: residualModule,
    gate: body => holding('Gate', [['body', body]]),
  })(model.net.body, '')
