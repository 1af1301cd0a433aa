/** The word for a net and weights that a file holds. It reads no file: an experiment is resolved when it is loaded. */
import { optionsOf, unknownIn, withArity } from './options.js'

/** A model in a file, to begin with. */
export interface GivenModel {
  readonly _tag: 'from'
  /** Its file or folder, relative to the DSL file. */
  readonly file: string
  /** The classes of a new head; `null` keeps the model's own. */
  readonly head: number | null
}

/**
 * A model in a file, in the place of an experiment's net: a `.safetensors`, a run's folder, or what `import` reads. The
 * experiment begins with its net and its weights; with `head`, its last layer is new, for so many classes.
 *
 * @example
 * experiment(from('resnet18.onnx', { head: 3 }), imageFolder(image(224, 224, 3)), train({ epochs: 2 }))
 */
export const from = withArity(
  2,
  (file: string, options: { readonly head?: number | null } = {}): GivenModel => {
    const { head = null, ...rest } = optionsOf(options)
    return Object.freeze({ _tag: 'from' as const, file, head, ...unknownIn(rest, ['head']) })
  },
)
