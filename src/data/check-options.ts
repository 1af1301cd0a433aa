/** Checks the options of a specification before anything large is read. */
import * as E from 'fp-ts/lib/Either.js'
import { channelsOf, type Shape } from '../net/shape.js'
import type { DataError } from './error.js'
import type { Augmentation } from './pipeline/augment.js'
import { augmentedShape } from './pipeline/distort.js'
import type { DataSpec } from './spec.js'

interface Requirement {
  readonly option: string
  readonly got: number | string
  readonly met: boolean
  readonly expected: string
}

const requireInteger = (
  option: string,
  got: number,
  least: number,
  most = Number.POSITIVE_INFINITY,
): Requirement => ({
  option,
  got,
  met: Number.isInteger(got) && got >= least && got <= most,
  expected:
    most === Number.POSITIVE_INFINITY
      ? `a whole number from ${least} up`
      : `a whole number from ${least} to ${most}`,
})

const requireRange = (
  option: string,
  [least, most]: readonly [number, number],
  limit: number,
): Requirement => ({
  option,
  got: `${least}–${most}`,
  met: least > 0 && least <= most && most <= limit,
  expected:
    limit === Number.POSITIVE_INFINITY
      ? 'two numbers above 0, the smaller first'
      : `two numbers above 0 and up to ${limit}, the smaller first`,
})

const requireAngle = (option: string, got: number): Requirement => ({
  option,
  got,
  met: got >= 0 && got <= 180,
  expected: 'a number of degrees from 0 to 180',
})

const requireFactor = (option: string, got: number): Requirement => ({
  option,
  got,
  met: got >= 0 && got <= 1,
  expected: 'a number from 0 to 1',
})

const requirementsOf = (
  augmentation: Augmentation,
  [height = 0, width = 0]: Shape,
): readonly Requirement[] => {
  const smaller = Math.min(height, width)
  switch (augmentation._tag) {
    case 'shift':
      return [requireInteger('shift', augmentation.pixels, 0, smaller)]
    case 'flip':
      return []
    case 'randomCrop':
      return [
        requireInteger('randomCrop padding', augmentation.padding, 0, smaller),
        ...(augmentation.size === null
          ? []
          : [requireInteger('randomCrop size', augmentation.size, 1, smaller + 2 * augmentation.padding)]),
      ]
    case 'randomResizedCrop':
      return [
        requireInteger('randomResizedCrop size', augmentation.size, 1, smaller),
        requireRange('randomResizedCrop area', augmentation.area, 1),
        requireRange('randomResizedCrop ratio', augmentation.ratio, Number.POSITIVE_INFINITY),
      ]
    case 'randomAffine':
      return [
        requireAngle('randomAffine degrees', augmentation.degrees),
        ...augmentation.translate.map(share => requireFactor('randomAffine translate', share)),
        requireRange('randomAffine scale', augmentation.scale, Number.POSITIVE_INFINITY),
      ]
    case 'cutout':
      return [requireInteger('cutout', augmentation.size, 1)]
    case 'colorJitter':
      return (['brightness', 'contrast', 'saturation'] as const).map(name =>
        requireFactor(`colorJitter ${name}`, augmentation[name]),
      )
  }
}

const requireValidation = (spec: DataSpec, images: number): Requirement => ({
  option: 'validation',
  got: spec.validation,
  met:
    spec.validation >= 0 &&
    (spec.validation < 1 || Number.isInteger(spec.validation)) &&
    spec.validation < images,
  expected: `a share from 0 to below 1, or a whole number below ${images}, the images there are`,
})

const requireNormaliser = ({ normalise }: DataSpec, channels: number): readonly Requirement[] =>
  normalise === null
    ? []
    : (['mean', 'deviation'] as const).map(name => ({
        option: `normalise ${name}`,
        got: normalise[name].join(', '),
        met:
          normalise[name].length === channels &&
          normalise[name].every(value => Number.isFinite(value) && (name === 'mean' || value > 0)),
        expected: `${channels} number${channels === 1 ? '' : 's'}${name === 'mean' ? '' : ' above 0'}, one per channel`,
      }))

/** The image shape of a specification. Errors  BadOption with the first option that cannot be met */
export const checkOptions =
  (take: number | undefined) =>
  (spec: DataSpec, stored: Shape, images: number): E.Either<DataError, Shape> => {
    const augmenting = spec.augment.flatMap((augmentation, nth) =>
      requirementsOf(augmentation, augmentedShape(stored, spec.augment.slice(0, nth))),
    )
    const unmet = [
      ...(take === undefined ? [] : [requireInteger('take', take, 1, images)]),
      requireValidation(spec, take ?? images),
      ...requireNormaliser(spec, channelsOf(stored)),
      ...augmenting,
    ].find(({ met }) => !met)
    const image = augmentedShape(stored, spec.augment)
    return unmet === undefined
      ? E.right(image)
      : E.left({
          _tag: 'BadOption',
          data: spec.name,
          option: unmet.option,
          got: unmet.got,
          expected: unmet.expected,
        })
  }
