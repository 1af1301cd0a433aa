/** A first net and schedule, fitted to the size and the number of images. It knows no files. */
import type { ImageSurvey } from '../data/formats/images/survey.js'
import type { Net } from '../net/tree.js'
import { inception, net } from '../net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../net/words/leaves.js'

/** The numbers of a first experiment. */
export interface SeedlingPlan {
  /** Height and width of the net's input. */
  readonly side: number
  readonly channels: 1 | 3
  /** The stride of the first convolution. */
  readonly stride: 1 | 2
  readonly batchSize: number
  /** Epochs of the seedling's training; the steps after it take a part of them. */
  readonly epochs: number
  /** Epochs of a round's push, and of its training. */
  readonly round: { readonly push: number; readonly train: number }
  /** Pixels by which images are shifted at random. */
  readonly shift: number
  /** Whether mirrored images show the same: not of digits and letters. */
  readonly flips: boolean
  /** The share of the training images that decides, where there is no validation part. */
  readonly validation: number
  /** Whether classes differ so much in size that they are balanced. */
  readonly balances: boolean
}

/** Sides that a net's poolings divide evenly. */
const sides = [96, 64, 48, 32, 24, 16] as const

/** Above this many images, larger ones pay. */
const manyImages = 20_000

/** Steps of the seedling's training: enough for a small net, and a minute or two on two cores. */
const seedlingSteps = 500

/** Steps of a round: enough for the fade, and for accuracy to come back before it is judged. */
const roundSteps = { push: 40, train: 80 }

const within = (least: number, most: number, value: number): number => Math.min(most, Math.max(least, value))

/** The largest side that images of this size fill. */
const sideFor = (shorter: number, images: number): number => {
  const most = images > manyImages ? 96 : 64
  return sides.find(side => side <= most && side <= shorter) ?? within(8, 16, shorter)
}

const batchFor = (images: number): number => (images < 400 ? 20 : images < 4000 ? 50 : 100)

/** How often the largest class may be larger than the smallest. */
const evenRatio = 1.5

/** Few images need a larger share to decide by. */
const validationFor = (images: number): number => (images < 2000 ? 0.25 : images < 20_000 ? 0.15 : 0.1)

/** Plans a first experiment for images. */
export const planSeedling = ({ classes, side, isGrey, parts }: ImageSurvey): SeedlingPlan => {
  const length = sideFor(side.median, parts.train)
  const validation = validationFor(parts.train)
  const trained = parts.validation === null ? parts.train * (1 - validation) : parts.train
  const batchSize = Math.min(batchFor(trained), Math.max(2, Math.floor(trained / 2)))
  const epochsFor = (steps: number): number => Math.round((steps * batchSize) / Math.max(1, trained))
  const counts = classes.map(({ images }) => images)
  return {
    side: length,
    channels: isGrey ? 1 : 3,
    stride: length >= 48 ? 2 : 1,
    batchSize,
    epochs: within(4, 40, epochsFor(seedlingSteps)),
    round: {
      push: within(1, 8, epochsFor(roundSteps.push)),
      train: within(1, 8, epochsFor(roundSteps.train)),
    },
    shift: Math.max(1, Math.round(length / 12)),
    flips: !isGrey,
    validation,
    balances: Math.max(...counts) > evenRatio * Math.min(...counts),
  }
}

/** The first two modules of the seedling, and the one that grows. */
export const modules = {
  a: { point: 16, three: [12, 24], pool: 12 },
  b: { point: 24, three: [24, 32], pool: 20 },
  c: { point: 32, three: [32, 48], pool: 24 },
} as const

/** The net of a plan. */
export const seedlingNet = (name: string, { side, channels, stride }: SeedlingPlan, classes: number): Net =>
  net(
    name,
    image(side, side, channels),
    convBnAct(16, 3, { name: 'stem', stride }),
    maxPool(),
    inception('a', modules.a),
    maxPool(),
    inception('b', modules.b),
    globalAvgPool,
    dense(classes),
  )
