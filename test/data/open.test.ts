import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { dataCodec } from '../../src/data/codec.js'
import { openData } from '../../src/data/open.js'
import {
  type Augmentation,
  colorJitter,
  cutout,
  flip,
  randomAffine,
  randomCrop,
  randomResizedCrop,
  shift,
} from '../../src/data/pipeline/augment.js'
import {
  cifar10,
  type DataOptions,
  type DataSpec,
  glyphs,
  imageFolder,
  mnist,
  tfrecord,
} from '../../src/data/spec.js'
import { image } from '../../src/net/words/leaves.js'
import { failure, succeed } from '../support/scratch.js'

const few = (options: DataOptions = {}) => glyphs({ train: 60, test: 20, ...options })

describe('openData', () => {
  test('the split depends on the seed', async () => {
    const labelsOf = async (seed: number) => {
      const data = await succeed(openData({ seed, take: 40 })(few()))
      const bytes = new Uint8Array(784)
      await data.validation.read(Int32Array.of(0), bytes)
      return bytes.join()
    }
    expect(await labelsOf(0)).toBe(await labelsOf(0))
    expect(await labelsOf(0)).not.toBe(await labelsOf(1))
  })

  test('training and validation are disjoint and complete', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 59 }), fc.nat(), async (validation, seed) => {
        const data = await succeed(openData({ seed })(few({ validation })))
        expect([data.train.size, data.validation.size]).toEqual([60 - validation, validation])
        const seen = new Set<string>()
        for (const part of [data.train, data.validation])
          for (let index = 0; index < part.size; index++) {
            const bytes = new Uint8Array(784)
            await part.read(Int32Array.of(index), bytes)
            seen.add(bytes.join())
          }
        expect(seen.size).toBe(60)
      }),
      { numRuns: 5 },
    )
  })

  test('a given normaliser is used unchanged', async () => {
    const data = await succeed(openData({ seed: 0 })(few({ normalise: { mean: [0.5], deviation: [0.25] } })))
    expect([data.mean, data.deviation]).toEqual([[0.5], [0.25]])
  })

  test('a crop shrinks the input shape', async () => {
    const data = await succeed(openData({ seed: 0 })(few({ augment: [randomCrop(2, { size: 24 })] })))
    expect([data.stored, data.image]).toEqual([
      [28, 28, 1],
      [24, 24, 1],
    ])
  })

  test('invalid options are named with the expected values', async () => {
    const cases: readonly [DataSpec, number | undefined, string][] = [
      [few(), 61, 'take'],
      [few(), 0, 'take'],
      [few(), 2.5, 'take'],
      [few({ validation: -0.1 }), undefined, 'validation'],
      [few({ validation: 60 }), undefined, 'validation'],
      [few({ validation: 1.5 }), undefined, 'validation'],
      [few({ validation: 30 }), 30, 'validation'],
      [few({ normalise: { mean: [0, 0], deviation: [1, 1] } }), undefined, 'normalise mean'],
      [few({ normalise: { mean: [0], deviation: [0] } }), undefined, 'normalise deviation'],
      [few({ augment: [shift(-1)] }), undefined, 'shift'],
      [few({ augment: [flip, shift(29)] }), undefined, 'shift'],
      [few({ augment: [randomCrop(4, { size: 37 })] }), undefined, 'randomCrop size'],
      [
        few({ augment: [randomCrop(0, { size: 20 }), randomCrop(0, { size: 21 })] }),
        undefined,
        'randomCrop size',
      ],
      [few({ augment: [randomResizedCrop(29)] }), undefined, 'randomResizedCrop size'],
      [few({ augment: [randomResizedCrop(28, { area: [0, 1] })] }), undefined, 'randomResizedCrop area'],
      [few({ augment: [randomResizedCrop(28, { ratio: [2, 1] })] }), undefined, 'randomResizedCrop ratio'],
      [few({ augment: [randomAffine(181)] }), undefined, 'randomAffine degrees'],
      [few({ augment: [randomAffine(5, { translate: [0, 2] })] }), undefined, 'randomAffine translate'],
      [few({ augment: [randomAffine(5, { scale: [0, 1] })] }), undefined, 'randomAffine scale'],
      [few({ augment: [cutout(0)] }), undefined, 'cutout'],
      [few({ augment: [colorJitter({ contrast: 2 })] }), undefined, 'colorJitter contrast'],
      [imageFolder(image(8, 8, 3)), undefined, 'folder'],
      [tfrecord(image(8, 8, 3), 10), undefined, 'folder'],
    ]
    for (const [spec, take, option] of cases) {
      const fact = await failure(openData({ seed: 0, ...(take === undefined ? {} : { take }) })(spec))
      expect(fact).toMatchObject({ _tag: 'BadOption', option })
    }
  })

  test('a malformed specification is refused before data is read', async () => {
    const cases: readonly (readonly [DataSpec, string])[] = [
      [glyphs({ train: 0 }), 'train'],
      [glyphs({ train: 1e300 }), 'train'],
      [glyphs({ test: Number.NaN }), 'test'],
      [glyphs({ augument: [] } as never), 'augument'],
      [few({ augment: [shift(2, { fil: 'edge' } as never)] }), 'augment.0.fil'],
      [mnist({ folder: '/' } as never), 'folder'],
      [imageFolder(image(8, 8, 3), { keys: {} } as never), 'keys'],
      [tfrecord(image(8, 8, 3), Number.NaN), 'classes'],
      [tfrecord(image(8, 8, 3), 3, { keys: { lable: 'x' } as never }), 'keys.lable'],
    ]
    for (const [spec, at] of cases)
      expect(await failure(openData({ seed: 0 })(spec))).toMatchObject({ _tag: 'DecodeError', at })
  })
})

const someNumber = fc.double({ min: 0, max: 1, noNaN: true })
const someAugmentation: fc.Arbitrary<Augmentation> = fc.oneof(
  fc.nat().map(pixels => shift(pixels, { fill: 'mirror' })),
  fc.constant(flip),
  fc.nat().map(padding => randomCrop(padding)),
  fc.nat().map(size => randomCrop(1, { size, fill: 'edge' })),
  fc.nat().map(size => randomResizedCrop(size)),
  someNumber.map(share => randomAffine(15, { translate: [share, share], fill: 'edge' })),
  fc.nat().map(cutout),
  someNumber.map(brightness => colorJitter({ brightness })),
)
const someOptions: fc.Arbitrary<DataOptions> = fc.record({
  name: fc.string(),
  validation: someNumber,
  augment: fc.array(someAugmentation),
  normalise: fc.option(fc.record({ mean: fc.array(someNumber), deviation: fc.array(someNumber) }), {
    nil: null,
  }),
})
const someSpec: fc.Arbitrary<DataSpec> = someOptions.chain(options =>
  fc.constantFrom<DataSpec>(
    glyphs(options),
    mnist(options),
    cifar10(options),
    imageFolder(image(32, 32, 3), options),
    tfrecord(image(32, 32, 3), ['a', 'b'], { ...options, firstLabel: 0, keys: { label: 'label' } }),
  ),
)

describe('dataCodec', () => {
  test('decoding what was encoded, through JSON, gives an equal specification', () => {
    fc.assert(
      fc.property(someSpec, spec => {
        expect(dataCodec.decode(JSON.parse(JSON.stringify(dataCodec.encode(spec))))).toEqual(E.right(spec))
      }),
    )
  })

  test('a malformed specification is refused', () => {
    for (const input of [
      null,
      {},
      { _tag: 'imagenet' },
      { ...mnist(), folder: '/' },
      { ...mnist(), augment: [{}] },
    ])
      expect(E.isLeft(dataCodec.decode(input))).toBe(true)
  })
})
