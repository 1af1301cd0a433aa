/** The flags that name what is given: an experiment whose data a prune measures on, a model that a training begins with. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeModelFile, readModelFile } from '../../src/convert/model-file.js'
import { init, type Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { right } from '../support/nets/surgery.js'
import { type Ended, espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { ownCache, scratch, succeed } from '../support/scratch.js'

ownCache()

const modelOf = (width: number, channels = 1): Model =>
  right(
    init(1)(
      net('small', image(28, 28, channels), convBnAct(width, 3, { stride: 2 }), globalAvgPool, dense(10)),
    ),
  )

const moduleOf = (exported: string): string =>
  `import { convBnAct, dense, experiment, glyphs, globalAvgPool, image, imageFolder, net, study, train } from '${root}/src/index.js'
const small = net('small', image(28, 28, 1), convBnAct(6, 3, { stride: 2 }), globalAvgPool, dense(10))
const few = glyphs({ train: 80, test: 20 })
const photos = imageFolder(image(28, 28, 1), { validation: 0.5, test: 0.1 })
const steps = train({ epochs: 1, batchSize: 20, learningRate: 1e-9 })
export default ${exported}
`

const home = scratch({
  'package.json': '{ "type": "module" }',
  'some.ts': moduleOf('experiment(small, few, steps)'),
  'photos.ts': moduleOf('experiment(small, photos, steps)'),
  'net.ts': moduleOf('small'),
  'study.ts': moduleOf(
    "study('s', { seeds: 1 }, [{ name: 'a', experiment: experiment(small, few, steps) }])",
  ),
  'notes.txt': 'x',
  'broken.safetensors': 'x',
  'own.safetensors': encodeModelFile(modelOf(6)),
  'wide.safetensors': encodeModelFile(modelOf(8)),
  'colours.safetensors': encodeModelFile(modelOf(6, 3)),
})

/** Each of these commands in the same folder, side by side. */
const all = (...commands: readonly (readonly string[])[]): Promise<readonly Ended[]> =>
  Promise.all(
    commands.map(([command = '', ...args]) =>
      espalier([command, '--engine', 'wasm', ...args], { cwd: home }),
    ),
  )

const expectEach = (ended: readonly Ended[], said: readonly RegExp[]): void => {
  expect(ended.length).toBe(said.length)
  ended.forEach((each, nth) => void expectRefusedAtOnce(each, said[nth] ?? ''))
}

describe('--experiment of a prune', () => {
  const prune = (model: string, ...more: readonly string[]) => ['prune', model, '--keep', 'macs=0.6', ...more]

  beforeAll(async () => {
    for (let nth = 0; nth < 40; nth++) {
      const pixels = Uint8Array.from({ length: 28 * 28 }, (_, at) => (at * (nth + 3)) % 256)
      const folder = join(home, 'photos', `class${nth % 10}`)
      mkdirSync(folder, { recursive: true })
      await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
        .png()
        .toFile(join(folder, `${nth}.png`))
    }
  })

  test('names the data that a model is measured on; --data is then its folder', async () => {
    const [generated, found] = await all(
      prune('own.safetensors', '--experiment', 'some.ts', '--out', 'a.safetensors'),
      prune('own.safetensors', '--experiment', 'photos.ts', '--data', 'photos', '--out', 'b.safetensors'),
    )
    expect([generated?.code, found?.code], `${generated?.err}${found?.err}`).toEqual([0, 0])
    expect(generated?.err).toContain('accuracy on 8 images that neither has seen')
    expect(generated?.out).toMatch(/before .* %\ncut .* %\nrepaired .* %\n\nwrote a.safetensors/)
    expect(found?.err).toMatch(/accuracy on \d+ images that neither has seen/)
    const [a, b] = await Promise.all(
      ['a', 'b'].map(name => succeed(readModelFile(join(home, `${name}.safetensors`)))),
    )
    expect(a?.model.weights['conv/mean']).not.toEqual(b?.model.weights['conv/mean'])
  })

  test('is refused in one line where it is none, or its images are not those of the model', async () => {
    const refused = await all(
      prune('own.safetensors', '--experiment', 'gone.ts'),
      prune('own.safetensors', '--experiment', 'net.ts'),
      prune('own.safetensors', '--experiment', 'study.ts'),
      prune('own.safetensors', '--experiment', 'notes.txt'),
      prune('own.safetensors', '--experiment', 'photos.ts', '--data', 'nowhere'),
      prune('colours.safetensors', '--experiment', 'some.ts'),
      prune('own.safetensors', '--experiment'),
    )
    expectEach(refused, [
      /gone.ts: expected a file or folder, got none/,
      /net.ts, default export: expected an experiment, got a net/,
      /study.ts, default export: expected an experiment, got a study/,
      /notes.txt: expected a .ts or .js module, .*, got a .txt file/,
      /nowhere/,
      /expected images of 28×28×3.*got 28×28×1/,
      /--experiment: expected a value, got none/,
    ])
    expect(existsSync(join(home, 'own-pruned.safetensors'))).toBe(false)
  })
})

describe('--from of a training', () => {
  const kernel = async (run: string) =>
    (await succeed(readModelFile(join(home, run, 'model.safetensors')))).model.weights['conv/kernel']?.data

  test('begins with the weights of a model, and a run goes on with it', async () => {
    const begun = ['train', 'some.ts', '--from', 'own.safetensors']
    const [anew] = await all([...begun, '--out', 'run'])
    expect(anew?.code, anew?.err).toBe(0)
    const given = modelOf(6).weights['conv/kernel']?.data ?? new Float32Array()
    const learnt = (await kernel('run')) ?? new Float32Array()
    expect(Math.max(...given.map((each, i) => Math.abs(each - (learnt[i] ?? 0))))).toBeLessThan(1e-6)
    const [again, without, other, nameless] = await all(
      [...begun, '--resume', 'run'],
      ['train', 'some.ts', '--resume', 'run'],
      ['train', 'some.ts', '--from', 'wide.safetensors', '--resume', 'run'],
      ['train', '--from', 'own.safetensors', '--resume', 'run'],
    )
    expect(again?.code, again?.err).toBe(0)
    expectEach(
      [without, other, nameless].flatMap(each => each ?? []),
      [
        /run: expected own.safetensors, from which the run began, got no model to begin from; try --from own.safetensors/,
        /wide.safetensors: weight conv\/kernel: expected 3×3×1×6, got 3×3×1×8/,
        /--from: expected a file with --resume, got none; try it without --from, as a run has its weights/,
      ],
    )
  })

  test('is refused in one line where it is no model, or none that fits', async () => {
    const from = (model: string, file = 'some.ts') => ['train', file, '--out', 'refused', '--from', model]
    const refused = await all(
      from('gone.safetensors'),
      from('notes.txt'),
      from('broken.safetensors'),
      from('wide.safetensors'),
      from('own.safetensors', 'net.ts'),
      ['train', 'some.ts', '--from'],
    )
    expectEach(refused, [
      /gone.safetensors: expected a file or folder, got none/,
      /notes.txt: expected a model as .*got another file/,
      /broken.safetensors: byte 0: expected 8 more bytes, got 1/,
      /wide.safetensors: weight conv\/kernel: expected 3×3×1×6, got 3×3×1×8; try the net/,
      /net.ts, default export: expected an experiment, got a net/,
      /--from: expected a value, got none/,
    ])
    expect(existsSync(join(home, 'refused'))).toBe(false)
  })
})
