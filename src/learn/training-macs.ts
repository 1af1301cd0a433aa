/** The multiply–accumulates that learning takes, counted from the net and the images it sees. */
import type { EvidenceName } from './options.js'

/** A training as it was: epochs that ended early are not among them. */
export interface TrainingSize {
  readonly epochs: number
  /** Batches of an epoch. */
  readonly batches: number
  readonly batchSize: number
  /** Of one image, forward: of the net, and of a teacher beside it. */
  readonly macs: number
  readonly teacherMacs: number
}

/** Forward, and backward to the inputs and to the weights of each layer: three products of one size. */
const trainingPasses = 3

/**
 * Multiply–accumulates of a training, forward and backward. Validation after its epochs is not among them, and what first and
 * frozen layers save is not subtracted.
 *
 * Source  Kaplan et al. 2020 (arXiv 2001.08361), §2.1: backward twice forward
 */
export const trainingMacs = ({ epochs, batches, batchSize, macs, teacherMacs }: TrainingSize): number =>
  epochs * batches * batchSize * (trainingPasses * macs + teacherMacs)

/**
 * Multiply–accumulates of scoring growths over so many images: forward and back to the outputs of the net's layers, and of
 * each growth what it adds, to its weights too.
 */
export const candidateMacs = (images: number, macs: number, added: readonly number[]): number =>
  images * added.reduce((sum, each) => sum + trainingPasses * each, 2 * macs)

/** Passes over an image that evidence takes: gradients and traces go back to the outputs of layers, not to weights. */
const evidencePasses: { readonly [N in EvidenceName]: number } = {
  weights: 0,
  activations: 1,
  gradients: 2,
  deconvTrace: 3, // features of the images first
  discriminantTrace: 3,
  gradientTrace: 3,
  gradientUtility: 0, // of the push before
}

/** Multiply–accumulates of a criterion's evidence over so many images. */
export const evidenceMacs = (evidence: EvidenceName, images: number, macs: number): number =>
  evidencePasses[evidence] * images * macs
