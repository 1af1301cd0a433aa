/** The logits of nets too large for float64 in plain loops: by the wasm engine. */
import { openEngine } from '../../../src/engine/open.js'
import { lowerForInference } from '../../../src/learn/training/train.js'
import type { Model } from '../../../src/net/weights.js'
import { run } from '../programs/exported.js'

export const forward = async (model: Model, images: Float32Array, count: number): Promise<Float32Array> => {
  const engine = await run(openEngine('wasm'))
  const graph = lowerForInference(count)(model)
  const session = await run(engine.open({ infer: graph }, model.weights))
  const logits = session.run('infer', { images }).logits ?? new Float32Array()
  session.close()
  return logits
}
