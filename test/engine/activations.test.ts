/** Activations behind each other on TensorFlow, whose graph optimizer fuses some of them. */
import { expect, test } from 'vitest'
import { lowerForInference } from '../../src/learn/training/train.js'
import type { Activation } from '../../src/net/activation.js'
import * as words from '../../src/net/words/activations.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { available, float64 } from '../support/engines.js'
import { apart, type Numbers } from '../support/nets/agree.js'
import { fedWith, modelOf } from '../support/nets/arbitrary.js'
import { succeed } from '../support/scratch.js'

const [engine] = (await available(['tensorflow'])).map(([, found]) => found)

const activations: readonly Activation[] = [
  ...(['relu', 'relu6', 'sigmoid', 'tanh', 'swish', 'hardSigmoid'] as const),
  ...(['hardSwish', 'elu', 'gelu', 'geluTanh'] as const),
  { _tag: 'leakyRelu', slope: 0.2 },
]

const wordOf = (activation: Activation) =>
  typeof activation === 'string' ? words[activation] : words.leakyRelu(activation.slope)

/** A unit with the first of them, then the second. */
const pair = (first: Activation, second: Activation) =>
  modelOf(0)(
    net(
      'pair',
      image(4, 4, 3),
      convBnAct(5, 1, { activation: first }),
      wordOf(second),
      globalAvgPool,
      dense(2),
    ),
  )

const infer = async (on: typeof float64, model: ReturnType<typeof pair>): Promise<Numbers> => {
  const session = await succeed(on.open({ infer: lowerForInference(3)(model) }))
  session.write(model.weights)
  const answer = session.run('infer', { images: fedWith(1, 'images', [3, ...model.net.input]) })
  session.close()
  return answer
}

test.skipIf(engine === undefined).each(activations)('any other behind %j', async first => {
  for (const second of activations) {
    const model = pair(first, second)
    const got = await infer(engine ?? float64, model)
    expect(apart(await infer(float64, model), got), JSON.stringify(second)).toBeLessThan(1e-5)
  }
})
