/** Random experiments. */
import * as fc from 'fast-check'
import type { Augmentation } from '../../../src/data/pipeline/augment.js'
import { cifar10, type DataSpec, glyphs, imageFolder, mnist, tfrecord } from '../../../src/data/spec.js'
import { type Experiment, experiment } from '../../../src/run/schedule/experiment.js'
import { arbitraryNet } from '../nets/arbitrary.js'
import { step } from './steps.js'

const augmentation = fc.constantFrom<Augmentation[]>(
  { _tag: 'shift', pixels: 2, fill: 'zero' },
  { _tag: 'flip', alternating: false },
  { _tag: 'randomAffine', degrees: 10, translate: [0.1, 0.05], scale: [0.9, 1.1], fill: 'edge' },
  { _tag: 'randomResizedCrop', size: 8, area: [0.2, 1], ratio: [0.75, 1.25] },
)

const data: fc.Arbitrary<DataSpec> = fc
  .tuple(fc.array(augmentation, { maxLength: 2 }), fc.option(fc.constant({ mean: [0.5], deviation: [0.2] })))
  .chain(([augment, normalise]) => {
    const options = { augment, ...(normalise !== null && { normalise }) }
    return fc.constantFrom<DataSpec[]>(
      glyphs({ ...options, train: 30 }),
      mnist(options),
      cifar10(options),
      imageFolder([8, 8, 3], options),
      tfrecord([8, 8, 3], 3, options),
    )
  })

export const arbitraryExperiment: fc.Arbitrary<Experiment> = fc
  .tuple(arbitraryNet({ dropout: true }), data, fc.array(step, { maxLength: 4 }))
  .map(([net, spec, steps]) => experiment(net, spec, ...steps))
