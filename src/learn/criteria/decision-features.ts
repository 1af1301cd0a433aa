/** The last layer on a subset of its features, in plain numbers, and the smallest subset that holds the accuracy. */

import { setImmediate } from 'node:timers/promises'
import type { Feed } from '../../data/pipeline/batches.js'
import type { Session } from '../../engine/engine.js'
import { elementAt } from '../../io/element.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import { channelsOf } from '../../net/shape.js'
import { type WeightName, weightKey } from '../../net/weight-specs.js'
import type { Model, Weights } from '../../net/weights.js'
import type { Decision } from '../../surgery/analysis/decision.js'
import { activationValue } from './activation-value.js'
import {
  addMoments,
  bestFeatures,
  type ClassVariance,
  classVariance,
  noMoments,
  separationPower,
} from './discriminants.js'

/** Rows of features with their labels. */
export interface FeatureTable {
  readonly rows: readonly Float32Array[]
  readonly labels: readonly number[]
}

/** The features of every image of a feed, from a session whose `infer` gives `features`. */
export const collectFeatures = async (session: Session, feed: Feed, size: number): Promise<FeatureTable> => {
  const rows: Float32Array[] = []
  const labels: number[] = []
  for (let step = 0; step < feed.batches; step++) {
    const batch = await feed.batch(0, step)
    const { features = new Float32Array() } = session.run('infer', { images: batch.images })
    for (let i = 0; i < batch.size; i++) {
      rows.push(features.slice(i * size, (i + 1) * size))
      labels.push(elementAt(batch.labels, i))
    }
    await setImmediate()
  }
  return { rows, labels }
}

/** The variance of features within and between classes. */
export const classVarianceOf = (
  { rows, labels }: FeatureTable,
  classes: number,
  size: number,
): ClassVariance => {
  const flat = new Float32Array(rows.length * size)
  rows.forEach((row, i) => void flat.set(row, i * size))
  return classVariance(
    addMoments({ labels: Int32Array.from(labels), size: labels.length })(flat)(noMoments(classes, size)),
  )
}

/** The logits of a row of features, computed from the kept features alone. */
export type Head = (row: Float32Array, kept: readonly number[]) => Float64Array

/**
 * The last layer, with its batch norm and activation, in plain numbers.
 *
 * Law  with every feature, the net's own logits; of a convolution, where it has no activation: the mean of its
 *      output over space is then its output for the mean
 */
export const headOf = ({ layers }: CheckedNet, { head }: Decision, weights: Weights): Head => {
  const placed = layers.get(head)
  if (placed?.layer._tag !== 'dense' && placed?.layer._tag !== 'conv')
    throw new Error('only a dense layer or a convolution decides')
  const { norm, activation } = placed.layer
  const units = channelsOf(placed.output)
  const at = (slot: WeightName, nth: number, otherwise: number): number =>
    weights[weightKey(head, slot)]?.data[nth] ?? otherwise
  const normed = (x: number, c: number): number =>
    norm === null
      ? x
      : ((x - at('mean', c, 0)) / Math.sqrt(at('variance', c, 1) + norm.epsilon)) * at('scale', c, 1) +
        at('shift', c, 0)
  const kernel = weights[weightKey(head, 'kernel')]?.data ?? new Float32Array()
  return (row, kept) =>
    Float64Array.from({ length: units }, (_, c) => {
      const product = kept.reduce(
        (sum, j) => sum + elementAt(row, j) * elementAt(kernel, j * units + c),
        at('bias', c, 0),
      )
      return activation === null ? normed(product, c) : activationValue(activation)(normed(product, c))
    })
}

/** The share of images answered right with these features alone. */
export const accuracyBy = ({ rows, labels }: FeatureTable, head: Head, kept: readonly number[]): number => {
  const right = rows.filter((row, i) => {
    const logits = head(row, kept)
    return logits.indexOf(logits.reduce((a, b) => Math.max(a, b))) === labels[i]
  })
  return right.length / Math.max(1, rows.length)
}

/** The accuracy that a smaller set of features may lose. */
const tolerance = 0.005

/**
 * The fewest of the features in `order`, from its first, with which the head is as accurate as with all.
 *
 * Law     accuracy with them is within 0.005 of that with all; with one fewer it is not, or they are one
 * Source  Tian, Arbel, Clark 2021; found by bisection, the bound is this project's own
 */
export const fewestFeatures = (
  table: FeatureTable,
  head: Head,
  order: readonly number[],
): readonly number[] => {
  const accuracy = (count: number): number => accuracyBy(table, head, order.slice(0, count))
  const required = accuracy(order.length) - tolerance
  let [low, high] = [1, order.length] // below `low` the accuracy is too low; at `high` it is enough
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (accuracy(middle) >= required) high = middle
    else low = middle + 1
  }
  return order.slice(0, high)
}

/** Which features of a model to trace, by what they were for images: their indices. */
export type FeatureChoice = (model: Model, table: FeatureTable, decision: Decision) => readonly number[]

/** Every feature. */
export const allFeatures: FeatureChoice = (_model, _table, { size }) => [...Array(size).keys()]

/** The fewest features, ranked by how well they separate the classes, that hold the net's accuracy on these images. */
export const decisionFeatures: FeatureChoice = (model, table, decision) => {
  const power = separationPower(classVarianceOf(table, channelsOf(outputShape(model)), decision.size))
  return fewestFeatures(table, headOf(model, decision, model.weights), bestFeatures(decision.size, power))
}
