/** A layer norm composed of means, differences and a root. */
import * as E from 'fp-ts/lib/Either.js'
import type { NodeProto } from '../file/proto.js'
import { attributesOf, type Site } from '../site.js'
import { dimsOf } from '../view.js'
import { producer, scalarOf, scalingsOf, squareOf } from './product.js'

/** A layer norm without its scale and shift. */
export interface NormalisedTensor {
  readonly tensor: string
  readonly axis: number
  readonly epsilon: number
}

interface Reduced {
  readonly tensor: string
  readonly axis: number
}

/** The tensor and axis of a reduction over one axis. */
const reducedOf = (site: Site, node: NodeProto | null): Reduced | null => {
  if (node === null) return null
  const given = attributesOf(node).ints('axes') ?? [scalarOf(site, node.input[1] ?? '') ?? Number.NaN]
  const [axis = Number.NaN] = given
  return given.length === 1 && Number.isInteger(axis) ? { tensor: node.input[0] ?? '', axis } : null
}

/** The size of an axis of a value. */
const sizeAlong = (site: Site, tensor: string, axis: number): number => {
  const value = site.valueOf(tensor)
  return E.isRight(value) && value.right._tag === 'live' ? (dimsOf(value.right.view).at(axis) ?? 0) : 0
}

/** The tensor and axis of a mean over one axis: an operator, or a sum divided by the size that this axis has in `sized`. */
const meanOf = (site: Site, tensor: string, sized: string): Reduced | null => {
  const mean = producer(site, tensor, 'ReduceMean')
  if (mean !== null) return reducedOf(site, mean)
  for (const { factor, tensor: reduced } of scalingsOf(site, tensor)) {
    const sum = reducedOf(site, producer(site, reduced, 'ReduceSum'))
    if (sum !== null && Math.abs(factor * sizeAlong(site, sized, sum.axis) - 1) < 1e-6) return sum
  }
  return null
}

/** x − mean(x) */
const centredOf = (site: Site, tensor: string): Reduced | null => {
  const [x = '', subtracted = ''] = producer(site, tensor, 'Sub')?.input ?? []
  const mean = meanOf(site, subtracted, x)
  return mean !== null && mean.tensor === x ? mean : null
}

/** The centred tensor and ε of √(mean(centred²) + ε). */
const deviationOf = (site: Site, tensor: string, sized: string) => {
  const sum = producer(site, producer(site, tensor, 'Sqrt')?.input[0] ?? '', 'Add')
  const epsilon = sum?.input.map(each => scalarOf(site, each)).find(each => each !== null)
  const variance = sum?.input.find(each => scalarOf(site, each) === null)
  const centred = squareOf(site, meanOf(site, variance ?? '', sized)?.tensor ?? '')
  return typeof epsilon !== 'number' || centred === null ? null : { centred, epsilon }
}

/** The layer norm that a Div ends: (x − mean(x)) / √(variance + ε); null for any other quotient. */
export const findLayerNorm = (site: Site): NormalisedTensor | null => {
  const [above = '', below = ''] = site.node.input
  const centred = site.node.opType === 'Div' ? centredOf(site, above) : null
  const deviation = centred === null ? null : deviationOf(site, below, centred.tensor)
  if (centred === null || deviation === null) return null
  const other = centredOf(site, deviation.centred)
  return other?.tensor === centred.tensor && other.axis === centred.axis
    ? { ...centred, epsilon: deviation.epsilon }
    : null
}
