/** Layers of a user's own: built-in ones built again are held to be the same, and GRN to its formula. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { grn } from '../../examples/grn.js'
import { load, save } from '../../src/async/index.js'
import { encodeModel } from '../../src/convert/export.js'
import { toOnnx } from '../../src/convert/onnx/export/model.js'
import { differentiate } from '../../src/graph/differentiate.js'
import { lower } from '../../src/graph/lower.js'
import { activate } from '../../src/graph/lower-activation.js'
import * as op from '../../src/graph/operations.js'
import { type LayerDefinition, layer } from '../../src/graph/own-layer.js'
import { decode } from '../../src/io/codec.js'
import { groups } from '../../src/net/channels/groups.js'
import { netCodec } from '../../src/net/codec.js'
import { countParams } from '../../src/net/counts.js'
import { infer } from '../../src/net/infer.js'
import { editLayers } from '../../src/net/layers.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { type Model, withWeights } from '../../src/net/weights.js'
import { concat, net, stack } from '../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { ownLayersIn, provideLayers } from '../../src/net/words/own-layer.js'
import type { AnyWord } from '../../src/net/words/types.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { grow } from '../../src/surgery/grow/grow.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { mask } from '../../src/surgery/prune/mask.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { available } from '../support/engines.js'
import { apart } from '../support/nets/agree.js'
import { arbitraryModel, fedWith, modelOf } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'
import { difference, forward, left, numbersOf, right, utilitiesOf } from '../support/nets/surgery.js'
import { espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { imagesFor, logitsOf, run, tolerance, apart as worst } from '../support/programs/exported.js'
import { answersOf, onnxRuntime, wantsOnnx } from '../support/programs/runtimes.js'
import { failure, scratch, succeed } from '../support/scratch.js'

/** Built-in layers built again. */
const scaleAgain = layer('scaleAgain', ({ init = 1 }: { readonly init?: number }) => ({
  channels: 'same',
  weights: { scale: init },
  lower: (x, { scale }) => op.mul(x, scale),
}))
const activateAgain = layer('activateAgain', ({ kind }: { readonly kind: 'swish' | 'gelu' | 'relu' }) => ({
  channels: 'same',
  lower: x => activate(kind, x),
}))
const normAgain = layer('normAgain', ({ epsilon }: { readonly epsilon: number }) => ({
  channels: 'mixed',
  weights: { scale: 1, shift: 0 },
  lower: (x, { scale, shift }) => {
    const last = [x.shape.length - 1]
    const centred = op.sub(x, op.mean(x, last, true))
    const deviation = op.sqrt(op.add(op.mean(op.square(centred), last, true), epsilon))
    return op.add(op.mul(op.div(centred, deviation), scale), shift)
  },
}))
const poolAgain = layer('poolAgain', () => ({ channels: 'same', lower: x => op.mean(x, [1, 2]) }))

const again = (each: Layer): Layer => {
  const { name } = each
  switch (each._tag) {
    case 'scale':
      return scaleAgain({ name, init: each.init })
    case 'layerNorm':
      return normAgain({ name, epsilon: each.epsilon })
    case 'globalAvgPool':
      return poolAgain({ name })
    case 'activate':
      return each.activation === 'swish' || each.activation === 'gelu' || each.activation === 'relu'
        ? activateAgain({ name, kind: each.activation })
        : each
    default:
      return each
  }
}

/** The same net, of a user's own layers wherever there is one. */
const rebuild = editLayers(again)
const rebuilt = ({ net: from, weights }: Model): Model => right(withWeights(weights)(rebuild(from)))

/** The values and gradients of one step, in float64. */
const stepOf = (model: Model) => {
  const { logits, weights, noise } = lower({ batch: 3, mode: 'training' })(model)
  const loss = op.sum(op.mul(logits, op.input('weighing', logits.shape)))
  const slopes = differentiate()(loss, [...weights.values()])
  const outputs = { logits, ...Object.fromEntries(slopes.map((slope, nth) => [`${nth}`, slope])) }
  const inputs = [['images', [3, ...model.net.input]] as const, ['weighing', logits.shape] as const]
  const drawn = noise.map(({ op: each, shape }) => [each.kind === 'input' ? each.name : '', shape] as const)
  const feeds = Object.fromEntries(
    [...inputs, ...drawn].map(([name, shape]) => [name, fedWith(3, name, shape)]),
  )
  return { graph: { outputs, updates: [] }, feeds }
}

describe('law: a built-in layer built again', () => {
  test('has the same weights, values, gradients and groups', () => {
    fc.assert(
      fc.property(arbitraryModel({ dropout: true }), model => {
        const own = rebuilt(model)
        const [one, two] = [stepOf(model), stepOf(own)]
        expect(evaluate(two.graph, two.feeds, numbersOf(own)).outputs).toEqual(
          evaluate(one.graph, one.feeds, numbersOf(model)).outputs,
        )
        expect(countParams(own)).toBe(countParams(model))
        const shapeOf = (of: Model) =>
          groups(of).map(({ wires, fixed, members }) => ({ wires, members, isFree: fixed === null }))
        expect(shapeOf(own)).toEqual(shapeOf(model))
      }),
      { numRuns: 60 },
    )
  })

  test('is pruned alike, and what is left computes what the masked one does', () => {
    fc.assert(
      fc.property(
        arbitraryModel(),
        fc.nat(),
        fc.double({ min: 0.2, max: 1, noNaN: true }),
        (model, seed, params) => {
          const own = rebuilt(model)
          const cut = prune({ by: utilitiesOf(model.net, seed), keep: { params }, normalize: 'raw' })
          const [one, two] = [cut(model), cut(own)]
          if (E.isLeft(one) || E.isLeft(two)) {
            expect(two).toEqual(one)
            return
          }
          expect(two.right.removed).toEqual(one.right.removed)
          expect(JSON.stringify(rebuild(two.right.model.net))).toBe(
            JSON.stringify(rebuild(one.right.model.net)),
          )
          expect(two.right.model.weights).toEqual(one.right.model.weights)
          expect(difference(forward(two.right.model), forward(right(mask(two.right)(own))))).toBeLessThan(
            1e-4,
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})

const grnNet = net(
  'grn',
  image(6, 5, 2),
  convBnAct(4),
  grn({ epsilon: 0.01 }),
  conv(5),
  grn(),
  globalAvgPool,
  dense(3),
)
const model = modelOf(4)(grnNet)

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

/** What a record has of GRN beside its options. */
const grnFacts = { channels: 'mixed', weights: { scale: 0, shift: 0 }, kernel: null }

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

describe('what mixes channels', () => {
  test('keeps those it reads and those it makes', () => {
    const halves = layer('halves', () => ({
      channels: 'mixed',
      lower: x => op.add(op.slice(x, 0, 2), op.slice(x, 2, 2)),
    }))
    const given = net(
      'n',
      image(6, 5, 2),
      conv(3),
      conv(4),
      halves(),
      conv(5),
      grn(),
      globalAvgPool,
      dense(3),
    )
    const whole = modelOf(2)(given)
    expect(whole.layers.get('halves')?.output).toEqual([6, 5, 2])
    const kept = groups(whole).map(({ name, fixed, wires }) => `${name} ${wires.length} ${fixed}`)
    expect(kept).toEqual([
      'input 2 input',
      'conv 3 null',
      'conv2 4 own',
      'halves 2 own',
      'conv3 5 own',
      'dense 3 output',
    ])
    const cut = right(prune({ by: l1, keep: { params: 0.75 }, minChannels: 1 })(whole))
    expect(cut.removed.map(({ path }) => path)).toEqual(['conv', 'conv'])
  })

  test('has weights for the channels it reads', () => {
    const shrink = layer('shrink', () => ({
      channels: 'mixed',
      weights: { scale: 1 },
      lower: (x, { scale }) => op.mean(op.mul(x, scale), [3], true),
    }))
    const whole = modelOf(2)(net('n', image(6, 5, 2), conv(4), shrink(), globalAvgPool, dense(3)))
    const follows = groups(whole)
      .find(({ name }) => name === 'conv')
      ?.members.map(({ path, slot }) => `${path}/${slot}`)
    expect(follows).toEqual(['conv/kernel', 'conv/bias', 'shrink/scale'])
  })

  test('is told where new channels change what it computes', () => {
    const given = net('n', image(6, 6, 2), concat('c', convBnAct(3)), grn(), globalAvgPool, dense(2))
    const branch = convBnAct(2, 3, { name: 'new' })
    expect(right(grow({ to: 'c', branch, seed: 1 })(modelOf(3)(given))).inexact).toEqual({
      _tag: 'Normalised',
      at: 'grn',
    })
  })
})

test('law: growing beside layers that keep channels apart preserves what a net computes', () => {
  const given = net(
    'n',
    image(6, 6, 2),
    convBnAct(3),
    scaleAgain({ init: 3 }),
    conv(4),
    globalAvgPool,
    dense(2),
  )
  const before = modelOf(3)(given)
  const grown = right(grow({ widen: 'conv', by: 2, seed: 1 })(before))
  expect(grown.model.weights['scaleAgain/scale']?.data.slice(3)).toEqual(Float32Array.of(3, 3, 3))
  expect(difference(forward(grown.model), forward(before))).toBeLessThan(1e-5)
})

test('what grows behind one whose values may be negative loses its rectifier', () => {
  const negate = layer('negate', () => ({ channels: 'same', lower: x => op.neg(x) }))
  const given = net('n', image(6, 6, 2), convBnAct(3), negate(), globalAvgPool, dense(2))
  const module = convBnAct(3, 1, { name: 'new' })
  const grown = right(grow({ after: 'negate', module, seed: 1 })(modelOf(3)(given)))
  expect(grown.linear).toEqual(['new'])
  expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-2)
})

describe('in files', () => {
  const written = (of: Net): Net => right(decode(netCodec)(JSON.parse(JSON.stringify(netCodec.encode(of)))))

  test('stands the name with the options; the function is lost and given again', () => {
    const read = written(grnNet)
    expect(ownLayersIn(read)).toEqual([
      { _tag: 'own', name: 'grn', layer: 'grn', options: { epsilon: 0.01 }, ...grnFacts },
      { _tag: 'own', name: 'grn2', layer: 'grn', options: {}, ...grnFacts },
    ])
    expect(left(infer(read))).toEqual({ _tag: 'NoFunction', kind: 'layer', name: 'grn', file: null })
    expect(provideLayers([grn])(read)).toEqual(grnNet)
    expect(provideLayers(ownLayersIn(grnNet))(read)).toEqual(grnNet)
    expect(netCodec.encode(grnNet)).toEqual(netCodec.encode(read))
  })

  test('a model is read with its layers, and refused by name without', async () => {
    const file = join(scratch(), 'model.safetensors')
    await save(file)({ model, preprocessing: null })
    const read = await load(file, { layers: [grn] })
    expect(read.model.weights).toEqual(model.weights)
    expect(forward(read.model)).toEqual(forward(model))
    await expect(load(file)).rejects.toThrow(
      "layer 'grn': expected its function, got its name alone, as files hold no code; try load(file, { layers: [grn] }) in code, or the folder of the run that made the file",
    )
  })
})

const fate = (word: Parameters<typeof net>[2]): string => {
  const found = infer(net('n', image(4, 4, 3), conv(2), word, globalAvgPool, dense(2)) as Net)
  return E.isLeft(found) ? renderMessage(found.left) : 'fits'
}

/** A layer that is computed like this. */
const mixing = (lower: LayerDefinition['lower']) => layer('bad', () => ({ channels: 'mixed', lower }))()

test.each<[string, AnyWord, string]>([
  [
    'throws',
    mixing(() => {
      throw new Error('no such thing')
    }),
    "layer 'bad': expected a result, got an error (no such thing)",
  ],
  [
    'gives a value of another rank',
    mixing(x => op.reshape(x, [2, 4, 8])),
    "layer 'bad', result: shape: expected a map or a vector, got [4,8]; try correcting the function",
  ],
  [
    'gives one value for all images',
    mixing(x => op.mean(x, [0], true)),
    "layer 'bad': expected a result, got an error (expected an output for each of 2 images, got the shape [1, 4, 4, 2])",
  ],
  [
    'reads a weight that it has not',
    layer('bad', () => ({
      channels: 'same',
      weights: { shift: 0 },
      lower: (x, { scale }) => op.mul(x, scale),
    }))(),
    /^layer 'bad': expected a result, got an error \(/,
  ],
  ['gives nothing', mixing(() => undefined as never), /^layer 'bad': expected a result, got an error \(/],
  [
    'has other channels than it says',
    layer('bad', () => ({ channels: 'same', lower: x => op.slice(x, 0, 1) }))(),
    "layer 'bad', result: shape: expected a map or a vector of 2 channels, as the input has, got [4,4,1]; try correcting the function",
  ],
  ['has an option that no file holds', scaleAgain({ init: [1] as never }), /options/],
  [
    'has the name of another',
    stack(
      's',
      mixing(x => x),
      mixing(x => op.mul(x, 2)),
    ),
    "layer 'bad': expected one function of this name, got two; try a name for each",
  ],
] as never)('what %s is refused in one line', (_, word, expected) => {
  expect(fate(word as never)).toMatch(expected)
})

/** A file with a layer under this name. */
const source = (name: string): string =>
  `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, layer, net, train } from '${root}/src/index.js'
import { op } from '${root}/src/graph/index.js'
const twice = layer('${name}', () => ({ channels: 'same', lower: x => op.mul(x, 2) }))
export default experiment(net('own', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), twice({ name: 'twice' }), globalAvgPool, dense(10)),
  glyphs({ train: 400, test: 20 }), train({ epochs: 30, batchSize: 20 }))
`

test('from the command line: resumed and exported from its folder alone, its file at hand or not', async () => {
  const home = scratch({ 'package.json': '{ "type": "module" }', 'own.ts': source('mine') })
  const [file, folder] = [join(home, 'own.ts'), join(home, 'run')]
  const began = await espalier(['train', file, '--engine', 'wasm', '--out', folder], { stopAt: 'epoch 1:' })
  expect(began.code, began.err).toBe(130)
  writeFileSync(file, source('other'))
  expectRefusedAtOnce(
    await espalier(['resume', folder]),
    `layer 'mine': expected ${file} to use it, as when the run began, got none of this name; try defining it there again, or train --resume with the file that does`,
  )
  writeFileSync(file, source('mine'))
  const ended = await espalier(['resume', folder, '--json'])
  expect(ended.code, ended.err).toBe(0)
  expect(ended.err).not.toMatch(/no report/)
  const exported = await espalier(['export', folder, '--to', 'onnx'])
  expect(exported.code, exported.err).toBe(0)
  const shown = await espalier(['describe', folder])
  expect(shown.out).toMatch(/twice +mine/)
}, 60_000)
