/** The description of a model's input that every format's files carry. */
import * as t from 'io-ts'
import { type Preprocessing, preprocessingCodec } from '../data/preprocessing.js'
import type { Input } from './input.js'

/** For readers who have the file and no documentation. */
const inputDescriptions: { readonly [I in Input]: string } = {
  raw: 'pixels from 0 to 255, channels last; the model normalises them',
  unit: 'pixels from 0 to 1, channels last; the model normalises them',
  normalised: '(pixel / 255 - mean) / deviation a channel, channels last; the caller normalises',
}

/** The record that every format carries. */
export interface Description extends Preprocessing {
  readonly input: Input
  readonly values: string
}

export const describeInput = (input: Input, preprocessing: Preprocessing): Description => ({
  input,
  values: inputDescriptions[input],
  ...preprocessing,
})

/** The fields that an import needs of a description. */
export const descriptionCodec = t.intersection([
  t.type({ input: t.keyof({ raw: null, unit: null, normalised: null }) }),
  preprocessingCodec,
])
