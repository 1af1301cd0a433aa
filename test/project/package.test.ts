/**
 * The package as others get it: built, packed, unpacked beside nothing but what it says it depends on, then used from
 * plain Node, from TypeScript and on the command line. Needs no network.
 */
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { espalier } from '../support/programs/command.js'
import { scratch } from '../support/scratch.js'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '../..')
const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const rooms = Object.keys(manifest.exports).filter(entry => !entry.endsWith('.json'))
const tsc = join(root, 'node_modules/typescript/bin/tsc')

const run = async (folder: string, program: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(program, args, { cwd: folder }).catch(
    (failed: { readonly stdout: string; readonly stderr: string }) => {
      throw new Error(`${program} ${args.join(' ')}\n${failed.stdout}${failed.stderr}`)
    },
  )
  return stdout
}

const node = (folder: string, ...args: readonly string[]): Promise<string> =>
  run(folder, process.execPath, ...args)

/** The tarball of a fresh build; the checkout stays as it is. */
const packed = async (): Promise<string> => {
  const stage = scratch()
  for (const name of ['package.json', ...manifest.files])
    if (name !== 'dist') cpSync(join(root, name), join(stage, name), { recursive: true })
  await node(root, tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(stage, 'dist'))
  const [{ filename }] = JSON.parse(
    await run(stage, 'npm', 'pack', '--json', '--ignore-scripts', '--loglevel=error'),
  )
  return join(stage, filename)
}

const link = (project: string, name: string): void => {
  const place = join(project, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), place)
}

/** An empty project with the package in it, and its dependencies alone. */
const installed = async (): Promise<string> => {
  const project = scratch({ 'package.json': '{ "name": "user", "type": "module" }' })
  const place = join(project, 'node_modules', manifest.name)
  mkdirSync(place, { recursive: true })
  await run(project, 'tar', '-xzf', await packed(), '-C', place, '--strip-components=1')
  for (const name of Object.keys(manifest.dependencies)) link(project, name)
  return project
}

let project = ''
let bin = ''

beforeAll(async () => {
  project = await installed()
  bin = join(project, 'node_modules', manifest.name, manifest.bin.espalier ?? '')
})

test('installing runs no script of its own and builds nothing', () => {
  expect(
    Object.keys(manifest.scripts).filter(name => /^(pre|post)?(install|prepare|pack)$/.test(name)),
  ).toEqual([])
  expect(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })).not.toContain(
    '@tensorflow/tfjs-node-gpu',
  )
})

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
  readonly hasInstallScript?: boolean
}

test('nothing that is installed with it runs a script either', () => {
  const lock: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  )
  const installed = Object.entries(lock.packages).filter(
    ([, { dev, devOptional, peer }]) => ![dev, devOptional, peer].includes(true),
  )
  expect(installed.map(([path]) => path)).toEqual(
    expect.arrayContaining(Object.keys(manifest.dependencies).map(name => `node_modules/${name}`)),
  )
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
})

test('holds what runs, its types, its sources and the DSL files, and no test', () => {
  const inside = readdirSync(join(project, 'node_modules', manifest.name)).sort()
  expect(inside).toEqual(['LICENSE', 'README.md', 'dist', 'dsl', 'package.json', 'src'])
})

const words = `
import { convBnAct, dense, globalAvgPool, image, maxPool, net, countParams, init } from 'espalier'
import { crossEntropy, differentiate, lower, op, sgd, updatesOf } from 'espalier/graph'
import { infer } from 'espalier/net'
import { openEngine } from 'espalier/engine'
import { l1, prune } from 'espalier/surgery'
import { exportModel } from 'espalier/convert'

const right = either => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left))
  return either.right
}
`

describe('from plain Node', () => {
  test('plants, prunes and learns a step', async () => {
    const script = `${words}
const tiny = net('tiny', image(8, 8, 1), convBnAct(8), maxPool(), globalAvgPool, dense(3))
const model = right(init(0)(tiny))
const slim = right(prune({ keep: { params: 0.5 }, by: l1 })(model)).model

const { logits, weights } = lower({ batch: 4, mode: 'training' })(slim)
const loss = crossEntropy(logits, op.input('targets', [4, 3]))
const kernel = weights.get('conv/kernel')
const [gradient] = differentiate()(loss, [kernel])
const updates = updatesOf(sgd())([{ key: 'conv/kernel', weight: kernel, gradient }])
const session = right(await right(await openEngine('wasm')()).open({ step: { outputs: { loss }, updates } })())
session.write(slim.weights)
const feeds = { images: Float32Array.from({ length: 256 }, (_, i) => (i * 37) % 11 / 11), rate: Float32Array.of(0.5),
  targets: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0) }
const losses = Array.from({ length: 5 }, () => session.run('step', feeds).loss[0])
session.close()
await right(await exportModel({ to: 'safetensors', folder: 'out' })(slim)())
console.log(JSON.stringify({ before: countParams(right(infer(tiny))), after: countParams(right(infer(slim.net))), losses }))
`
    writeFileSync(join(project, 'script.mjs'), script)
    const { before, after, losses } = JSON.parse(await node(project, 'script.mjs'))
    expect(after).toBeLessThanOrEqual(before / 2)
    expect(losses[4]).toBeLessThan(losses[0])
    expect(readdirSync(join(project, 'out'))).toContain('model.safetensors')
  })

  test('has every room behind a door of its own', async () => {
    const imports = rooms.map(
      entry => `import * as _${entry.replace(/\W/g, '')} from '${entry.replace('.', 'espalier')}'`,
    )
    const counts = rooms.map(entry => `Object.keys(_${entry.replace(/\W/g, '')}).length`)
    writeFileSync(
      join(project, 'rooms.mjs'),
      `${imports.join('\n')}\nconsole.log(JSON.stringify([${counts.join(', ')}]))`,
    )
    const sizes: readonly number[] = JSON.parse(await node(project, 'rooms.mjs'))
    expect(sizes.every(size => size > 0)).toBe(true)
  })
})

const typed = `${rooms.map((entry, nth) => `import type * as R${nth} from '${entry.replace('.', 'espalier')}'`).join('\n')}
import { convBnAct, dense, globalAvgPool, image, net, init, type Model } from 'espalier'
import { type Pruned, prune, l1 } from 'espalier/surgery'
import { type Engine, openEngine } from 'espalier/engine'

export type Rooms = [${rooms.map((_, nth) => `keyof typeof R${nth}`).join(', ')}]
const tiny = net('tiny', image(8, 8, 1), convBnAct(8), globalAvgPool, dense(3))
const model = init(0)(tiny)
export const slim: Pruned | undefined =
  model._tag === 'Right' ? (r => (r._tag === 'Right' ? r.right : undefined))(prune({ eta: 0.1, by: l1 })(model.right)) : undefined
export const kernel: Float32Array | undefined = (slim?.model satisfies Model | undefined)?.weights['conv/kernel']?.data
export const load: () => Promise<unknown> = openEngine('wasm')
export const nameOf = (engine: Engine): 'tensorflow' | 'wasm' | 'cpu' => engine.name
// @ts-expect-error a map where a vector is expected
net('wrong', image(8, 8, 1), convBnAct(8), dense(3))
// @ts-expect-error an option nobody knows
convBnAct(8, 3, { strides: 2 })
`

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('in TypeScript, module %s and resolution %s, libraries checked too', async (module, resolution) => {
  writeFileSync(join(project, 'typed.ts'), typed)
  const options = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--target',
    'es2022',
    '--lib',
    'es2023',
  ]
  await node(project, tsc, ...options, '--module', module, '--moduleResolution', resolution, 'typed.ts')
})

describe('on the command line', () => {
  const dsl = `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, train } from 'espalier'

const wide: number = 12
export default experiment(net('mine', image(28, 28, 1), convBnAct(wide), globalAvgPool, dense(10)), glyphs(), train())
`

  test('helps', async () => {
    const help = await node(project, bin, '--help')
    for (const command of ['train', 'resume', 'describe', 'engine', 'doctor'])
      expect(help).toContain(`\n  ${command}`)
  })

  test('finds the embedded engine where TensorFlow was not added, and says how to add it', async () => {
    const found = await node(project, bin, 'doctor')
    expect(found).toMatch(/^wasm +yes +yes$/m)
    expect(found).toMatch(/^cpu +no *$/m)
    expect(found).toContain('npm install --ignore-scripts @tensorflow/tfjs-node-gpu')
    expect(found).toContain('npx espalier engine')
  })

  test('writes a SavedModel where TensorFlow was not added', async () => {
    const out = join(project, 'export')
    const model = join(root, 'examples/quickstart.safetensors')
    await node(project, bin, 'export', model, '--to', 'savedmodel', '--out', out)
    expect(existsSync(join(out, 'savedmodel/saved_model.pb'))).toBe(true)
  })

  test('says what to install where an engine or a picture wants it', async () => {
    const train = run(
      project,
      process.execPath,
      bin,
      'train',
      '--engine',
      'cpu',
      '--out',
      join(project, 'cpu'),
    )
    await expect(train).rejects.toThrow(
      'engine cpu: expected it to be installed, got no package @tensorflow/tfjs-core; try npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-cpu',
    )
    const script = `import { plot } from '${join(project, 'node_modules', manifest.name, 'dist/report/plot.js')}'
console.log(JSON.stringify(await plot('none', [])()))`
    expect(JSON.parse(await node(project, '--input-type=module', '-e', script))).toMatchObject({
      left: { _tag: 'PackageMissing', name: 'vega', mend: 'npm install vega@6 vega-lite@6' },
    })
  })

  test('refuses a file that is no TypeScript where it breaks off', async () => {
    writeFileSync(join(project, 'broken.ts'), 'export default (\n')
    await expect(node(project, bin, 'describe', 'broken.ts')).rejects.toThrow(/ParseError: .*broken\.ts:2:0/)
  })

  test('says how a run that was stopped goes on', async () => {
    writeFileSync(join(project, 'mine.ts'), dsl)
    const { code, err } = await espalier(['train', 'mine.ts', '--engine', 'wasm', '--out', 'mine'], {
      program: [bin],
      cwd: project,
      stopAt: 'step 1',
      signals: ['SIGTERM'],
    })
    expect(code).toBe(143)
    expect(err).toMatch(/\nstopped; continue with: npx espalier resume mine\n$/)
  })

  test('describes a TypeScript file of the user', async () => {
    writeFileSync(join(project, 'mine.ts'), dsl)
    expect(await node(project, bin, 'describe', 'mine.ts')).toMatch(/^conv +conv 3×3, 12 +28×28×12 +132 /m)
  })

  test('describes one where the package does not say that it is of modules', async () => {
    mkdirSync(join(project, 'plain'))
    writeFileSync(join(project, 'plain/package.json'), '{}')
    writeFileSync(join(project, 'plain/mine.ts'), dsl)
    expect(await node(project, bin, 'describe', 'plain/mine.ts')).toMatch(/^conv +conv 3×3, 12 /m)
  })

  test('describes a DSL file that came along', async () => {
    const lenet = join('node_modules', manifest.name, 'dsl/nets/mnist/lenet5.ts')
    expect(await node(project, bin, 'describe', lenet)).toMatch(/^total +61,706/m)
  })

  test('describes one by what is built alone, and not by its sources once more', async () => {
    const place = join('node_modules', manifest.name)
    renameSync(join(project, place, 'src'), join(project, 'src'))
    try {
      for (const file of ['quickstart.ts', 'studies/cifar10-small.ts', 'nets/mnist/lenet5.ts'])
        expect(await node(project, bin, 'describe', join(place, 'dsl', file))).toMatch(/^total +/m)
    } finally {
      renameSync(join(project, 'src'), join(project, place, 'src'))
    }
  })

  test('describes one that imports the nets of others', async () => {
    const study = join('node_modules', manifest.name, 'dsl/studies/compare-cifar10.ts')
    expect(await node(project, bin, 'describe', study)).toMatch(/^b +.* 8×8×96 /m)
  })
})
