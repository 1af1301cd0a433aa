/** Converts each supported Keras class to layers, and names its weights. */
import { channelClasses } from '../../topology/channel-layers.js'
import { hardSigmoidClass } from '../../topology/hard-sigmoid.js'
import { activationReaders } from './activations.js'
import { channelReaders } from './channels.js'
import { mapReaders } from './maps.js'
import { normReaders } from './norms.js'
import { productReaders } from './products.js'
import type { Reader } from './reader.js'

const readers: Readonly<Record<string, Reader>> = {
  ...activationReaders,
  ...channelReaders,
  ...mapReaders,
  ...normReaders,
  ...productReaders,
}

/** The reader of a class; undefined for an unsupported one. */
export const readerOf = (className: string): Reader | undefined =>
  Object.hasOwn(readers, className) ? readers[className] : undefined

/** Layers that join branches. */
const joinClasses = ['Add', 'Concatenate', 'Multiply']

/** Supported classes of which a second copy would have weights or draw random numbers of its own. */
const singleClasses = new Set([...Object.keys(productReaders), ...Object.keys(normReaders)])

/** Whether a layer of the class may be copied into several branches. */
export const isCopyableClass = (className: string): boolean =>
  supported.includes(className) && !singleClasses.has(className)

/** Classes of several Keras layers in one. */
const ownClasses: readonly string[] = [hardSigmoidClass, ...Object.values(channelClasses)]

/** Every supported class; a softmax only at the end. */
export const supported: readonly string[] = [...Object.keys(readers), ...joinClasses, 'Softmax']
  .filter(name => !ownClasses.includes(name))
  .toSorted()
