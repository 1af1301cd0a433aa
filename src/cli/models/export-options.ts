/** The options of `espalier export`, and which of them need others. */
import type { Input } from '../../convert/input.js'
import type { WeightType } from '../../convert/quantise.js'
import type { Target } from '../../convert/target.js'

export interface ExportArguments {
  readonly to: readonly Target[]
  readonly out?: string
  /** By default pixels from 0 to 255, where the model's file says how images were normalised. */
  readonly input?: Input
  readonly servingVersion?: number
  readonly weights?: WeightType
  /** Measures what 8-bit weights cost: on the run's data where it lay, or in this folder. */
  readonly data?: string | true
}

/** What is wrong with options that each are right. */
export const exportComplaints = (
  run: string,
  { to, servingVersion, weights, data }: ExportArguments,
): readonly string[] => [
  ...(servingVersion !== undefined && !to.includes('savedmodel')
    ? ["'--serving-version' needs '--to savedmodel'"]
    : []),
  ...(weights !== undefined && !to.includes('onnx') ? ["'--weights' needs '--to onnx'"] : []),
  ...(data !== undefined && weights !== 'int8' ? ["'--data' needs '--weights int8'"] : []),
  ...(data !== undefined && run.endsWith('.safetensors') ? ["'--data' needs a run's folder"] : []),
]
