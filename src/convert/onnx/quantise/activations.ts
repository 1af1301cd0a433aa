/** How an ONNX export computes the values between layers. */
import type { Ranges } from './ranges.js'

/** The ways by name, for command lines. */
export const activationTypes = ['float32', 'dynamic', 'calibrated'] as const

/** How products read their inputs: as they are, or rounded to 8 bits. */
export type ActivationType = (typeof activationTypes)[number]

/**
 * `float32`; `dynamic`, where each call rounds what products read to 8 bits by its own range; or rounded to 8 bits by ranges
 * that `measureRanges` found on images.
 */
export type Activations = 'float32' | 'dynamic' | Ranges
