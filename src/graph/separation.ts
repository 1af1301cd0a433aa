/**
 * The terms of push, as operations: how far apart classes are in a set of features, how correlated the features are,
 * and how few of them separate the classes.
 *
 * Features z are [batch, d], targets Y one-hot [batch, classes]; sw and sb are the variances of each feature
 * within and between classes. Source  method after Tian, Arbel, Clark 2020; the exact forms are this project's own
 */
import { channelsOf } from '../net/shape.js'
import type { Value } from './graph.js'
import * as op from './operations.js'

/** The statistics that the terms are computed from. */
export interface Scatter {
  readonly features: Value
  /** m_c − μ, one row for each class. Shapes  [classes, d] */
  readonly offsets: Value
  /** n_c / batch. Shapes  [1, classes] */
  readonly shares: Value
  /** z − m_y. Shapes  [batch, d] */
  readonly deviations: Value
  readonly within: Value
  readonly between: Value
}

const batchOf = (z: Value): number => z.shape[0] ?? 1

/** Means and variances of features by class; a class without an image has weight 0. */
export const scatter = (features: Value, targets: Value): Scatter => {
  const counts = op.sum(targets, [0], true)
  const sums = op.matmul(targets, features, { transposeA: true })
  const means = op.div(sums, op.maximum(op.reshape(counts, [channelsOf(counts.shape), 1]), 1))
  const shares = op.mul(counts, 1 / batchOf(features))
  const offsets = op.sub(means, op.mean(features, [0], true))
  const deviations = op.sub(features, op.matmul(targets, means))
  return {
    features,
    offsets,
    shares,
    deviations,
    within: op.mean(op.square(deviations), [0]),
    between: op.reshape(op.matmul(shares, op.square(offsets)), [channelsOf(features.shape)]),
  }
}

/** ε = 0.01 · mean sw + 1e-6, through which no gradient passes, so that shrinking all features does not help. */
const regularizedWithin = ({ within }: Scatter): Value =>
  op.add(within, op.stopGradient(op.add(op.mul(op.mean(within), 0.01), 1e-6)))

/** How many directions can separate the classes; 1 for a single class, which needs none. */
const directionCount = ({ shares }: Scatter): number => Math.max(1, channelsOf(shares.shape) - 1)

/** Separation feature by feature: the mean of the classes − 1 largest log(1 + sb/sw), ties included. Shapes  → [] */
export const axisSeparation = (classes: Scatter): Value => {
  const gains = op.log(op.add(op.div(classes.between, regularizedWithin(classes)), 1))
  const selected = op.largest(gains, Math.min(directionCount(classes), op.countOf(gains)))
  return op.div(op.sum(op.mul(gains, selected)), op.sum(selected))
}

/**
 * Separation in any direction: tr((St + ρI)⁻¹ Sb)/(classes − 1), ρ = 0.1 · mean diag St. Shapes  → []
 *
 * Law  the same after any rotation of the features
 */
export const ridgeSeparation = (classes: Scatter): Value => {
  const { features, offsets, shares } = classes
  const centred = op.sub(features, op.mean(features, [0], true))
  const total = op.mul(op.matmul(centred, centred, { transposeA: true }), 1 / batchOf(features))
  const weighted = op.mul(offsets, op.sqrt(op.reshape(shares, [channelsOf(shares.shape), 1])))
  const between = op.matmul(weighted, weighted, { transposeA: true })
  const ridge = op.stopGradient(op.add(op.mul(op.mean(op.square(centred)), 0.1), 1e-6))
  const inverse = op.inverse(op.add(total, op.mul(op.eye(channelsOf(features.shape)), ridge)))
  return op.mul(op.sum(op.mul(inverse, between)), 1 / directionCount(classes))
}

/** The mean squared correlation of two different features within classes, 0 to 1. Shapes  → [] */
export const correlation = (classes: Scatter): Value => {
  const scaled = op.div(classes.deviations, op.sqrt(regularizedWithin(classes)))
  const size = channelsOf(scaled.shape)
  const all = op.mul(op.matmul(scaled, scaled, { transposeA: true }), 1 / batchOf(scaled))
  const own = op.mean(op.square(scaled), [0])
  return op.mul(op.sub(op.sum(op.square(all)), op.sum(op.square(own))), 1 / Math.max(1, size * (size - 1)))
}

/** Σ s /(√Σ s² · √d) with s = √sb: 1 where all features separate the classes equally, 1/√d where one does. Shapes  → [] */
export const compactness = ({ between }: Scatter): Value => {
  const deviations = op.sqrt(op.add(between, 1e-8))
  const norm = op.sqrt(op.sum(op.add(between, 1e-8)))
  return op.div(op.sum(deviations), op.mul(norm, Math.sqrt(op.countOf(between))))
}
