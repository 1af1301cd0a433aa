/** First experiments: what is seen in a folder of images, and the file that is written for it. */
import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ImageSurvey, surveyImages } from '../../src/data/formats/images/survey.js'
import { experimentFile } from '../../src/report/text/experiment-file.js'
import { loadExperiment } from '../../src/run/load/experiment.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { planSeedling } from '../../src/run/seedling.js'
import { right } from '../support/nets/surgery.js'
import { espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import { ownCache, scratch, succeed, tarOf } from '../support/scratch.js'

ownCache()

type Files = Record<string, Buffer>

/** A picture of random sizes, each class of a colour of its own, some of them on their side. */
const picture = async (label: number, nth: number): Promise<Buffer> => {
  const [width, height] = [20 + (nth % 7), 24 + (nth % 5)]
  const background = { r: 90 * label, g: 20 + nth, b: 200 - 80 * label }
  const image = sharp({ create: { width, height, channels: 3, background } })
  return nth % 4 === 0
    ? image.withMetadata({ orientation: 6 }).jpeg().toBuffer()
    : image.png({ compressionLevel: 1 }).toBuffer()
}

/** So many images of each class. */
const folders = async (counts: Readonly<Record<string, number>>): Promise<Files> => {
  const files: Files = {}
  for (const [label, [name, count]] of Object.entries(counts).entries())
    for (let nth = 0; nth < count; nth++) files[`${name}/${nth}.jpg`] = await picture(label, nth)
  return files
}

const survey = (folder: string): Promise<ImageSurvey> => succeed(surveyImages(folder))

describe('a survey', () => {
  let files: Files = {}
  beforeAll(async () => {
    files = await folders({ cat: 12, dog: 8 })
  })

  test('counts classes, sizes and orientations, of a folder and of an archive', async () => {
    const expected = {
      classes: [
        { name: 'cat', images: 12 },
        { name: 'dog', images: 8 },
      ],
      parts: { train: 16, test: 4, validation: null },
      isSplit: true,
      depth: 1,
      measured: 20,
      rotated: 5,
      isGrey: false,
    }
    const found = await survey(scratch(files))
    expect(found).toMatchObject(expected)
    const upright = Object.keys(files).map(async path => {
      const { autoOrient } = await sharp(files[path]).metadata()
      return autoOrient
    })
    const sizes = await Promise.all(upright)
    const widths = sizes.map(({ width }) => width).sort((a, b) => a - b)
    expect(found.width).toEqual({ least: widths[0], median: widths[10], most: widths[19] })
    expect(found.landscapes).toBe(sizes.filter(({ width, height }) => width > height).length)
    const archive = scratch({ 'pets.tar': await tarOf(files) })
    expect(await survey(join(archive, 'pets.tar'))).toMatchObject(expected)
  })

  test('takes train, val and test as they are', async () => {
    const parts = Object.fromEntries(
      Object.entries(files).flatMap(([path, bytes]) =>
        ['train', 'val', 'test'].map(part => [`${part}/${path}`, bytes] as const),
      ),
    )
    expect(await survey(scratch(parts))).toMatchObject({
      isSplit: false,
      parts: { train: 20, validation: 20, test: 20 },
      classes: [{ images: 36 }, { images: 24 }],
    })
  })

  test('finds classes however deep, and folders of years inside them', async () => {
    const at = (wrap: (path: string) => string): Files =>
      Object.fromEntries(Object.entries(files).map(([path, bytes]) => [wrap(path), bytes]))
    const cases: readonly (readonly [Files, number, readonly string[]])[] = [
      [at(path => `a/b/${path}`), 1, ['cat', 'dog']],
      [at(path => `${path.startsWith('cat') ? 'tame/' : 'wild/'}${path}`), 2, ['tame/cat', 'wild/dog']],
      [at(path => path.replace('/', '/2024/')), 1, ['cat', 'dog']],
      [
        { ...at(path => path.replace('/', '/2024/')), 'dog/x.jpg': files['dog/1.jpg'] ?? Buffer.alloc(0) },
        1,
        ['cat', 'dog'],
      ],
    ]
    for (const [made, depth, names] of cases) {
      const found = await survey(scratch(made))
      expect([found.depth, found.classes.map(({ name }) => name)]).toEqual([depth, names])
    }
  })
})

const spread = (most: number) =>
  fc.integer({ min: 1, max: most }).map(median => ({ least: 1, median, most: 2 * median }))

/** Names as folders have them, with what would end a comment. */
const className = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.constantFrom('*/ x', "it's", 'Füße', 'a\u2028b', '`$`'),
)

const arbitrarySurvey: fc.Arbitrary<ImageSurvey> = fc
  .record({
    names: fc.uniqueArray(className, { minLength: 2, maxLength: 9 }),
    images: fc.array(fc.integer({ min: 3, max: 40_000 }), { minLength: 9, maxLength: 9 }),
    validation: fc.option(fc.constant(20)),
    isSplit: fc.boolean(),
    depth: fc.integer({ min: 1, max: 3 }),
    side: spread(1000),
    isGrey: fc.boolean(),
    transparent: fc.constantFrom(0, 9),
  })
  .map(({ names, images, validation, side, ...rest }) => {
    const classes = names.map((name, nth) => ({ name, images: images[nth] ?? 3 }))
    const all = classes.reduce((sum, each) => sum + each.images, 0)
    const parts = { train: Math.ceil(0.8 * all), test: Math.floor(0.2 * all), validation }
    const counts = { measured: 9, portraits: 1, landscapes: 2, rotated: 0 }
    const sizes = { side, width: side, height: side }
    return { folder: 'x', classes, parts, ...counts, ...sizes, ...rest, unreadable: [], notices: [] }
  })

const textOf = (found: ImageSurvey, name = 'some'): string =>
  experimentFile(found, planSeedling(found), {
    name,
    source: `${root}/src/index.js`,
    command: "npm run compile-and-train -- some.ts --data 'x */ y'",
  })

test('a file type-checks, is clean, and holds an experiment that passes every check, for any survey', async () => {
  const surveys = fc.sample(arbitrarySurvey, { numRuns: 25, seed: 4 })
  const folder = scratch({ 'package.json': '{ "type": "module" }' })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  const options = { ...compilerOptions, typeRoots: [join(root, 'node_modules/@types')] }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
  )
  const biome = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  writeFileSync(
    join(folder, 'biome.json'),
    JSON.stringify({ linter: biome.linter, javascript: biome.javascript, formatter: { enabled: false } }),
  )
  for (const [nth, found] of surveys.entries())
    writeFileSync(join(folder, `n${nth}.ts`), textOf(found, `n${nth}`))
  for (const [nth, found] of surveys.entries()) {
    const experiment = await succeed(loadExperiment(join(folder, `n${nth}.ts`)))
    const trained = Math.floor(0.74 * found.parts.train) // the largest share for validation is a quarter
    expect(right(checkSchedule(1)(experiment))).toBe(undefined)
    expect(experiment.data).toMatchObject({ background: found.transparent > 0 ? [255, 255, 255] : null })
    for (const step of experiment.schedule)
      if (step._tag === 'train') expect(step.batchSize).toBeLessThanOrEqual(Math.max(2, trained))
    expect(textOf(found).split('\n').length).toBeLessThanOrEqual(45)
  }
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: folder,
      stdio: 'pipe',
    })
  run('typescript/bin/tsc', '-p', '.')
  run('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')
})

describe('the command', () => {
  test('writes a file that runs as it says, from the folder to the classes of a photo', async () => {
    const files = await folders({ 'big cats': 60, dog: 30, "it's": 40 })
    const folder = scratch(files)
    const out = join(scratch({ 'package.json': '{ "type": "module" }' }), 'pets.ts')
    const written = await espalier(['init', folder, '--out', out])
    expect([written.code, written.err]).toEqual([0, ''])
    expect(written.out).toMatch(/big cats +60\n/)
    expect(written.out).toContain('130 images: 104 for training, 26 for testing, a share of each class')
    expect(written.out).toContain(`\nnpm run compile-and-train -- ${out} --data ${folder}\n`)
    const text = readFileSync(out, 'utf8')
    expect(text).toContain('balanced: true')
    writeFileSync(out, text.replaceAll(/epochs: \d+/g, 'epochs: 6').replace(/rounds: \d+/, 'rounds: 2')) // sooner
    const run = join(scratch(), 'run')
    const trained = await espalier([
      'train',
      out,
      '--data',
      folder,
      '--engine',
      'wasm',
      '--out',
      run,
      '--json',
    ])
    expect(trained.code, trained.err).toBe(0)
    expect(JSON.parse(trained.out).test.accuracy).toBe(1)
    const answer = await espalier(['predict', run, join(folder, "it's/4.jpg"), '--json', '--top', '1'])
    expect(JSON.parse(answer.out).classes[0].name).toBe("it's")
  })

  test('refuses to replace a file, unless told to', async () => {
    const folder = scratch(await folders({ cat: 3, dog: 3 }))
    const out = join(scratch({ 'package.json': '{ "type": "module" }', 'pets.ts': 'mine' }), 'pets.ts')
    expectRefusedAtOnce(
      await espalier(['init', folder, '--out', out]),
      /expected no file of this name, .* --force/,
    )
    expect(readFileSync(out, 'utf8')).toBe('mine')
    expect((await espalier(['init', folder, '--out', out, '--force'])).code).toBe(0)
    expect((await succeed(loadExperiment(out))).net.name).toMatch(/^espalier-/)
  })

  test('refuses a folder without classes in one line, and writes nothing', async () => {
    const one = await folders({ cat: 3 })
    const cases: readonly (readonly [string, RegExp])[] = [
      ['/nowhere/at/all', /\/nowhere\/at\/all: expected .*, got no such folder/],
      [scratch(), /expected a folder for each class, .*, got an empty folder/],
      [scratch({ 'a/notes.txt': 'x' }), /expected a folder for each class, .*, got a;/],
      [
        scratch({ 'stray.jpg': one['cat/1.jpg'] ?? '' }),
        /expected a folder for each class, with images in it, got stray.jpg/,
      ],
      [
        join(scratch({ 'a.csv': `path,label\n${'b.png,c\n'.repeat(100)}` }), 'a.csv'),
        /a.csv, byte 0, content: expected a tar or zip archive/,
      ],
      [scratch(one), /expected training images of at least two classes, got cat alone/],
    ]
    const out = join(scratch(), 'none.ts')
    const ended = await Promise.all(cases.map(([folder]) => espalier(['init', folder, '--out', out])))
    for (const [nth, [, message]] of cases.entries()) {
      const each = ended[nth]
      if (each !== undefined) expectRefusedAtOnce(each, message)
    }
    expect(() => readFileSync(out)).toThrow()
  })

  test('lists images that cannot be read, and the command leaves them out', async () => {
    const folder = scratch({ ...(await folders({ cat: 4, dog: 4 })), 'dog/bad.jpg': Buffer.from('none') })
    const { code, out, err } = await espalier(['init', folder, '--out', join(scratch(), 'pets.ts')])
    expect(code).toBe(0)
    expect(err).toMatch(/dog\/bad.jpg: expected an image, got a file that cannot be decoded/)
    expect(out).toContain('1 image cannot be read')
    expect(out.trimEnd()).toMatch(/--skip-bad$/)
  })
})
