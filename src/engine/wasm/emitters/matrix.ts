/** Emits the operations on square matrices of a separation, and the largest numbers of a list. */
import { channelsOf, sizeOf } from '../../../net/shape.js'
import { step } from '../planning/buffers.js'
import { type Emitter, nth } from './emitter.js'

export const eye: Emitter<'eye'> = ({ value: { shape }, output }) => ({
  steps: at => [step('eye', channelsOf(shape), channelsOf(shape), at(output))],
})

export const inverse: Emitter<'inverse'> = ({ value: { shape }, inputs, output }) => ({
  work: [4 * sizeOf(shape)],
  steps: (at, [work = 0]) => [step('inverse', 1, at(nth(inputs, 0)), channelsOf(shape), work, at(output))],
})

export const largest: Emitter<'largest'> = ({ value: { op, shape }, inputs, output }) => ({
  steps: at => [step('largest', sizeOf(shape), at(nth(inputs, 0)), sizeOf(shape), op.count, at(output))],
})
