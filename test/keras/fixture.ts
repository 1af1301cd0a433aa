/** Saved Keras models, and pixels for imported ones. */
import { join } from 'node:path'
import type { Preprocessing } from '../../src/data/preprocessing.js'

/** A file beside this one, made by `make.py`. */
export const kerasFile = (name: string): string => join(import.meta.dirname, name)

/** Pixels from 0 to 255 as the input of a model; one without preprocessing takes them as they are. */
export const preprocess = (pixels: Float32Array, preprocessing: Preprocessing | null): Float32Array => {
  if (preprocessing === null) return pixels
  const { mean, deviation } = preprocessing
  return pixels.map((pixel, i) => {
    const c = i % mean.length
    return (pixel / 255 - (mean[c] ?? 0)) / (deviation[c] ?? 1)
  })
}
