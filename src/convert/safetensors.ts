/** safetensors: the weights by key, the net in the metadata and, for people, in `net.json`. */
import type { Preprocessing } from '../data/preprocessing.js'
import type { Model } from '../net/weights.js'
import { encodeModelFile } from './model-file.js'
import { type File, jsonFile } from './target.js'

/** Law  reading `model.safetensors` gives the model bit for bit */
export const toSafetensors = (model: Model, preprocessing?: Preprocessing): readonly File[] => [
  { name: 'model.safetensors', bytes: encodeModelFile(model, preprocessing) },
  jsonFile('net.json', model.net),
]
