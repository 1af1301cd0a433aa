/** Undoes what an export of this project did for the model's input. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { isSameShape } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { descriptionCodec } from '../description.js'
import type { ModelFile } from '../model-file.js'
import { affineOf, identityOf, removeStep } from './include-normaliser.js'

/** The metadata of this project's own exports; other tools may keep other metadata there. */
const ownMetadata = t.type({ preprocessing: descriptionCodec })

/**
 * The model and its preprocessing as they were before the export. Where the normaliser was folded into the first layers,
 * the model is kept, and the preprocessing is that of its input.
 */
export const restorePreprocessing =
  (metadata: unknown) =>
  (model: Model): ModelFile => {
    const found = ownMetadata.decode(metadata)
    if (E.isLeft(found)) return { model, preprocessing: null }
    const { input, size, resize, background, mean, deviation, classes } = found.right.preprocessing
    if (!isSameShape(size, model.net.input)) return { model, preprocessing: null }
    const trained = {
      size,
      resize,
      ...(background !== undefined && { background }),
      mean,
      deviation,
      classes,
    }
    if (input === 'normalised') return { model, preprocessing: trained }
    const original = removeStep(affineOf(input, trained))(model)
    return original === null
      ? { model, preprocessing: { ...trained, ...identityOf(input, mean.length) } }
      : { model: original, preprocessing: trained }
  }
