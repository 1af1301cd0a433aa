/** Norms, factors and dropout. */
import * as t from 'io-ts'
import { finite, positive, share } from '../../../../io/codec.js'
import { filled, lastAxis, leafPart, type Sources, stored } from '../../../tree/part.js'
import { fixed, oneAxis, option, refined } from './options.js'
import { type Reader, reader, type Site } from './reader.js'

const normOptions = {
  axis: option(oneAxis, lastAxis),
  epsilon: option(positive, 1e-3),
  scale: option(t.boolean, true),
  center: option(t.boolean, true),
}

const affineOf = ({ scale, center }: { readonly scale: boolean; readonly center: boolean }): Sources => ({
  scale: scale ? stored('gamma') : filled(1),
  shift: center ? stored('beta') : filled(0),
})

/** The axis in our shapes: a map of 1×1 is a vector here. */
const axisAt = (axis: number, { rank }: Site): number => (rank === 'point' && axis === 3 ? lastAxis : axis)

/** Shapes of dropout's noise: one value for each value, or one for each image. */
const noiseShape = refined('null or [null, 1, …]', u =>
  Array.isArray(u) && u[0] === null && u.slice(1).every(size => size === 1) ? ('image' as const) : undefined,
)

/** The floor of a variance that Keras keeps without one. */
const tinyEpsilon = 1e-14

export const normReaders: Readonly<Record<string, Reader>> = {
  BatchNormalization: reader({ ...normOptions, momentum: option(share, 0.99) }, (config, site) => [
    leafPart(
      { _tag: 'norm', name: '', momentum: config.momentum, epsilon: config.epsilon },
      { ...affineOf(config), mean: stored('moving_mean'), variance: stored('moving_variance') },
      [],
      axisAt(config.axis, site),
    ),
  ]),
  LayerNormalization: reader({ ...normOptions, rms_scaling: fixed(false) }, (config, site) => [
    leafPart(
      { _tag: 'layerNorm', name: '', epsilon: config.epsilon },
      affineOf(config),
      [],
      axisAt(config.axis, site),
    ),
  ]),
  LayerScale: reader({ init_values: finite }, ({ init_values }) => [
    leafPart({ _tag: 'scale', name: '', init: init_values }, { scale: stored('gamma') }),
  ]),
  Normalization: reader({ mean: option(t.null, null), invert: fixed(false) }, () => [
    leafPart(
      { _tag: 'norm', name: '', momentum: 0.99, epsilon: tinyEpsilon },
      { scale: filled(1), shift: filled(0), mean: stored('mean'), variance: stored('variance') },
    ),
  ]),
  Dropout: reader({ rate: share, noise_shape: option(noiseShape, null) }, ({ rate, noise_shape }) => [
    leafPart({ _tag: noise_shape === null ? 'dropout' : 'dropPath', name: '', rate }),
  ]),
  StochasticDepth: reader({ drop_path_rate: share }, ({ drop_path_rate }) => [
    leafPart({ _tag: 'dropPath', name: '', rate: drop_path_rate }),
  ]),
}
