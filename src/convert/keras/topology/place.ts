/** Places layers in their model: their names, and where a Keras 3 store has their weights. */
import { addTo } from '../../../io/count.js'
import { type LayerJson, type LayerPlace, nameOf } from './layer-json.js'

/** A layer's JSON and its place. */
export interface PlacedLayer {
  readonly layer: LayerJson
  readonly place: LayerPlace
}

/** The place of a whole model. */
export const outermost: LayerPlace = { names: [], group: '' }

/** As Keras names a class in its store: `SeparableConv2D` is `separable_conv2d`. */
const snakeCase = (className: string): string =>
  className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

/** The name of a layer of the flattened model, which is unique there. */
export const idOf = ({ names }: LayerPlace): string => names.join('/')

/** The name of a layer inside a model, given the model's place. */
export const idIn = (model: LayerPlace, name: string): string => [...model.names, name].join('/')

/** The layers of a model with their places; layers of one class are numbered from the second on. */
export const placeLayers = (model: LayerPlace, layers: readonly LayerJson[]): readonly PlacedLayer[] => {
  const used = new Map<string, number>()
  return layers.map(layer => {
    const name = snakeCase(layer.class_name)
    const nth = addTo(used, name) - 1
    const prefix = model.group === '' ? '' : `${model.group}/`
    return {
      layer,
      place: {
        names: [...model.names, nameOf(layer)],
        group: `${prefix}layers/${nth === 0 ? name : `${name}_${nth}`}`,
      },
    }
  })
}
