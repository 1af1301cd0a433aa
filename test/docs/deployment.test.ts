/** The Python of docs/deployment.md, as it stands there: each block answers what the model answers here. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { targets } from '../../src/convert/target.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import { concat, net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { root } from '../support/programs/command.js'
import { apart, logitsOf, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { scratch } from '../support/scratch.js'

const page = readFileSync(join(root, 'docs/deployment.md'), 'utf8')

/** Python blocks by the heading above them. */
const blocks = page.split(/^## /m).flatMap(section => {
  const [heading = ''] = section.split('\n')
  return [...section.matchAll(/```python\n(.*?)```/gs)].map(([, code = '']) => ({ heading, code }))
})

const [first, ...others] = blocks

/** The libraries that a block imports. */
const librariesOf = (code: string): readonly string[] =>
  [...code.matchAll(/^(?:import|from) (\w+)/gm)].flatMap(([, name = '']) => (name === 'model' ? [] : [name]))

const installed = new Map<string, boolean>()

const isInstalled = (name: string): boolean => {
  const known = installed.get(name) ?? hasModule(name)
  installed.set(name, known)
  return known
}

const canRun = ({ code }: { readonly code: string }): boolean =>
  [first?.code ?? '', code].flatMap(librariesOf).every(isInstalled)

const runnable = others.filter(canRun)

/** Runs the blocks one after another, each with what the first defines; prints the logits of each, or else its probabilities. */
const script = `
import json, os, sys
folder, *blocks = sys.argv[1:]
os.chdir(folder)
said, sys.stdout = sys.stdout, sys.stderr

def answer(code):
    names = {}
    exec(blocks[0], names)
    exec(code, names)
    return {each: names[each].flatten().tolist() for each in ('logits', 'probabilities') if each in names}

json.dump([answer(code) for code in blocks[1:]], said)
`

const model = modelOf(5)(
  net(
    'quickstart',
    image(28, 28, 1),
    convBnAct(6, 3, { stride: 2 }),
    concat('c', convBnAct(4, 1), convBnAct(4, 3)),
    maxPool(),
    globalAvgPool,
    dense(3),
  ),
)

const preprocessing: Preprocessing = {
  size: [28, 28, 1],
  resize: { height: 28, width: 28, fit: 'cover' },
  mean: [0.17],
  deviation: [0.16],
  classes: ['ring', 'delta', 'cross'],
}

const pixels = Uint8Array.from({ length: 28 * 28 }, (_, i) => (i * 89) % 256)

const softmax = (logits: Float64Array): Float64Array => {
  const raised = logits.map(Math.exp)
  const sum = raised.reduce((a, b) => a + b)
  return raised.map(each => each / sum)
}

interface Answer {
  readonly logits?: readonly number[]
  readonly probabilities?: readonly number[]
}

test('the page has a block for the images, and one for each library', () => {
  expect(first?.heading).toBe('The images')
  expect(others.map(({ heading }) => heading)).toEqual([
    'Python: onnxruntime',
    'Python: PyTorch',
    'Python: TensorFlow',
    'Python: Keras',
    'Phone: TensorFlow Lite',
  ])
})

describe.skipIf(runnable.length === 0)(
  'docs/deployment.md (wants ESPALIER_PYTHON with its libraries)',
  () => {
    let answers: readonly Answer[] = []

    beforeAll(async () => {
      const folder = scratch()
      for (const to of targets)
        await run(exportModel({ to, folder: join(folder, 'export', to), preprocessing })(model))
      const png = await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
        .png()
        .toBuffer()
      writeFileSync(join(folder, 'image.png'), png)
      const codes = [first, ...runnable].map(block => block?.code ?? '')
      answers = JSON.parse(runPython(script, folder, ...codes))
    }, 120_000)

    test.for(runnable.map(({ heading }, nth) => [heading, nth] as const))('%s', ([, nth]) => {
      const logits = logitsOf(
        model,
        Float32Array.from(pixels, value => (value / 255 - 0.17) / 0.16),
        1,
      )
      const answer = answers[nth] ?? {}
      expect(apart(softmax(logits), answer.probabilities ?? [])).toBeLessThan(tolerance)
      if (answer.logits !== undefined) expect(apart(logits, answer.logits)).toBeLessThan(tolerance)
    })
  },
)
