/** The options of `espalier export`, and which of them need others. */
import type { Input } from '../../convert/input.js'
import type { ActivationType } from '../../convert/onnx/quantise/activations.js'
import type { WeightType } from '../../convert/quantise.js'
import type { Target } from '../../convert/target.js'

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
    ? ["'--serving-version' needs '--to savedmodel'"]
    : []),
  ...(weights !== undefined && !to.includes('onnx') ? ["'--weights' needs '--to onnx'"] : []),
  ...(activations !== undefined && weights !== 'int8' ? ["'--activations' needs '--weights int8'"] : []),
  ...(data !== undefined && weights !== 'int8' ? ["'--data' needs '--weights int8'"] : []),
  ...(data !== undefined && run.endsWith('.safetensors') ? ["'--data' needs a run's folder"] : []),
  ...(activations === 'calibrated' && run.endsWith('.safetensors')
    ? ["'--activations calibrated' needs a run's folder, for its validation images"]
    : []),
]
