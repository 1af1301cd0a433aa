/** What a user's own layer computes: on each engine, and in the formats that hold it. */
import { expect, test } from 'vitest'
import { grn } from '../../../examples/grn.js'
import { encodeModel } from '../../../src/convert/export.js'
import { toOnnx } from '../../../src/convert/onnx/export/model.js'
import { lower } from '../../../src/graph/lower.js'
import * as op from '../../../src/graph/operations.js'
import { infer } from '../../../src/net/infer.js'
import { net } from '../../../src/net/words/combinators.js'
import { globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { available } from '../../support/engines.js'
import { apart } from '../../support/nets/agree.js'
import { fedWith } from '../../support/nets/arbitrary.js'
import { evaluate } from '../../support/nets/reference.js'
import { numbersOf, right } from '../../support/nets/surgery.js'
import { imagesFor, logitsOf, run, tolerance, apart as worst } from '../../support/programs/exported.js'
import { answersOf, onnxRuntime, wantsOnnx } from '../../support/programs/runtimes.js'
import { failure, succeed } from '../../support/scratch.js'
import { grnNet, model, stepOf } from './grn.js'

test('global response normalization is its formula', () => {
  const x = fedWith(1, 'x', [2, 3, 2, 4])
  const [gamma, beta] = [fedWith(2, 'gamma', [4]), fedWith(3, 'beta', [4])]
  const small = right(infer(net('one', image(3, 2, 4), grn({ epsilon: 0.1 }), globalAvgPool)))
  const { at } = lower({ batch: 2, mode: 'inference' })(small)
  const y = at.get('grn') ?? op.constant(0)
  const { outputs } = evaluate(
    { outputs: { y }, updates: [] },
    { images: x },
    { 'grn/scale': gamma, 'grn/shift': beta },
  )
  for (let n = 0; n < 2; n++) {
    const of = (at: number, c: number) => x[(n * 6 + at) * 4 + c] ?? 0
    const norms = [0, 1, 2, 3].map(c =>
      Math.sqrt([0, 1, 2, 3, 4, 5].reduce((sum, at) => sum + of(at, c) ** 2, 0.01)),
    )
    const mean = norms.reduce((sum, norm) => sum + norm / 4, 0)
    for (let at = 0; at < 6; at++)
      for (let c = 0; c < 4; c++) {
        const expected = of(at, c) * (1 + ((gamma[c] ?? 0) * (norms[c] ?? 0)) / (mean + 0.1)) + (beta[c] ?? 0)
        expect(outputs.y?.[(n * 6 + at) * 4 + c]).toBeCloseTo(expected, 5)
      }
  }
})

const engines = await available()

test.each(engines)('on %s, values and gradients are those of float64', async (_, engine) => {
  const { graph, feeds } = stepOf(model)
  const session = await run(engine.open({ step: graph }, model.weights))
  const got = session.run('step', feeds)
  session.close()
  expect(apart(evaluate(graph, feeds, numbersOf(model)).outputs, got)).toBeLessThan(1e-3)
})

test.skipIf(onnxRuntime === null)(`as ONNX it computes the same ${wantsOnnx}`, async () => {
  const images = imagesFor(model, 3)
  const bytes = toOnnx(model)[0]?.bytes ?? new Uint8Array()
  const { logits } = await answersOf(bytes, images, [3, ...grnNet.input])
  expect(worst(logitsOf(model, images, 3), logits?.data ?? [])).toBeLessThan(tolerance)
})

test('as a SavedModel it is written; a format of layers refuses it in one line', async () => {
  expect((await succeed(encodeModel('savedmodel')(model))).length).toBeGreaterThan(0)
  for (const to of ['keras', 'layers', 'pytorch'] as const)
    expect(renderMessage(await failure(encodeModel(to)(model)))).toBe(
      `layer grn: expected a layer that an export to '${to}' can hold, got grn, a layer of your own; try --to onnx or savedmodel`,
    )
})
