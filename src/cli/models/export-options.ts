/** The options of `espalier export`, and which of them need others. */
import type { Input } from '../../convert/input.js'
import type { ActivationType } from '../../convert/onnx/quantise/activations.js'
import type { WeightType } from '../../convert/quantise.js'
import type { Target } from '../../convert/target.js'
import { needsOption } from '../argument-line.js'

export interface ExportArguments {
  readonly to: readonly Target[]
  readonly out?: string
  /** By default pixels from 0 to 255, where the model's file says how images were normalised. */
  readonly input?: Input
  readonly servingVersion?: number
  readonly weights?: WeightType
  readonly activations?: ActivationType
  /** Measures what 8 bits cost: on the run's data where it lay, or in this folder. */
  readonly data?: string | true
}

/** What is wrong with options that each are right. */
export const exportComplaints = (
  run: string,
  { to, servingVersion, weights, activations, data }: ExportArguments,
): readonly string[] => [
  ...(servingVersion !== undefined && !to.includes('savedmodel')
    ? [needsOption('--serving-version', '--to savedmodel')]
    : []),
  ...(weights !== undefined && !to.includes('onnx') ? [needsOption('--weights', '--to onnx')] : []),
  ...(activations !== undefined && weights !== 'int8'
    ? [needsOption('--activations', '--weights int8')]
    : []),
  ...(data !== undefined && weights !== 'int8' ? [needsOption('--data', '--weights int8')] : []),
  ...(data !== undefined && run.endsWith('.safetensors')
    ? [`--data: expected a run's folder, got ${run}; try the folder`]
    : []),
  ...(activations === 'calibrated' && run.endsWith('.safetensors')
    ? [
        `--activations calibrated: expected a run's folder, for its validation images, got ${run}; try the folder`,
      ]
    : []),
]
