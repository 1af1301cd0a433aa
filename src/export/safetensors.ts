/** safetensors: the weights by key, the net in the metadata and, to be read by people, beside them. */
import { encodeTensors } from '../net/safetensors.js'
import type { Model } from '../net/weights.js'
import { type File, jsonFile } from './target.js'

/** Law  reading `model.safetensors` gives back the model, bit for bit */
export const toSafetensors = ({ net, weights }: Model): readonly File[] => [
  { name: 'model.safetensors', bytes: encodeTensors(weights, { net: JSON.stringify(net) }) },
  jsonFile('net.json', net),
]
