/** A model in a file: its weights, and its net in the metadata. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../net/closed.js'
import { netCodec } from '../net/codec.js'
import { type Inferred, infer } from '../net/infer.js'
import { decodeTensors, encodeTensors } from '../net/safetensors.js'
import { fitted, type Model } from '../net/weights.js'
import type { BadFile, RunError } from './error.js'
import { readBytes, writeWhole } from './files.js'

export type Fault = BadFile['fault']

/** What a file's metadata has under a name, as JSON. */
export const parsed = (
  name: string,
  metadata: Readonly<Record<string, string>>,
): E.Either<Fault, unknown> => {
  const text = metadata[name] ?? ''
  return E.tryCatch(
    () => JSON.parse(text),
    () => ({ _tag: 'Misread', at: name, wanted: 'JSON', got: text.slice(0, 40) }),
  )
}

/** A model whose net can be, and whose weights are the net's. */
export const sound = (model: Model): E.Either<Fault, Model> =>
  pipe(
    infer(model.net),
    E.flatMap((inferred: Inferred): E.Either<Fault, void> => fitted(model, inferred)),
    E.map(() => model),
  )

const decodeModel = (bytes: Uint8Array): E.Either<Fault, Model> =>
  pipe(
    decodeTensors(bytes),
    E.flatMap(({ tensors, metadata }) =>
      pipe(
        parsed('net', metadata),
        E.flatMap(decode(netCodec)),
        E.flatMap(net => sound({ net, weights: tensors })),
      ),
    ),
  )

/** What a file's bytes say. */
export const reading =
  <A>(decoded: (bytes: Uint8Array) => E.Either<Fault, A>) =>
  (file: string): TE.TaskEither<RunError, A> =>
    pipe(
      readBytes(file),
      TE.flatMapEither(bytes =>
        pipe(
          decoded(bytes),
          E.mapLeft((fault): RunError => ({ _tag: 'BadFile', file, fault })),
        ),
      ),
    )

/** A model as one safetensors file, its net in the metadata, beside what else there is to tell. */
export const saveModel =
  (file: string, more: Readonly<Record<string, string>> = {}) =>
  ({ net, weights }: Model): TE.TaskEither<RunError, void> =>
    writeWhole(file, encodeTensors(weights, { ...more, net: JSON.stringify(net) }))

/** Errors  FileMissing; BadFile with the first fault found */
export const readModel = reading(decodeModel)
