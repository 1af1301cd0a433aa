/** Emits updates of variables: assignments, running averages, and the steps of optimizers. */
import { sizeOf } from '../../../net/shape.js'
import { step } from '../planning/buffers.js'
import { type Emitter, nth, vectors } from './emitter.js'

export const assign: Emitter<'assign'> = ({ value, inputs, variables }) => ({
  steps: at => [step('move', 1, at(nth(inputs, 0)), 0, at(nth(variables, 0)), 0, sizeOf(value.shape))],
})

export const average: Emitter<'average'> = ({ value, inputs, variables }) => ({
  steps: at => [
    step('average', vectors(sizeOf(value.shape)), at(nth(variables, 0)), at(nth(inputs, 0)), value.op.keep),
  ],
})

export const momentum: Emitter<'momentum'> = ({ value, inputs, variables }) => ({
  steps: at => [
    step(
      'momentum',
      vectors(sizeOf(value.shape)),
      ...[...variables.map(at), ...inputs.map(at), value.op.momentum, Number(value.op.nesterov)],
    ),
  ],
})

export const adam: Emitter<'adam'> = ({ value, inputs, variables }) => ({
  steps: at => [
    step(
      'adam',
      vectors(sizeOf(value.shape)),
      ...[...variables.map(at), ...inputs.map(at), value.op.beta1, value.op.beta2, value.op.epsilon],
    ),
  ],
})
