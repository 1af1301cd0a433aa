/** How a Keras class is read as layers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../../io/codec.js'
import type { Part } from '../../../tree/part.js'
import type { KerasRank } from '../../topology/ranks.js'
import { fixed } from './options.js'

/** What a layer's reading depends on. */
export interface Site {
  readonly config: unknown
  /** Of its input. */
  readonly rank: KerasRank
}

export type Reader = (site: Site) => E.Either<DecodeError, readonly Part[]>

/** A reader of options, by name. */
export const reader =
  <P extends t.Props>(props: P, parts: (config: t.TypeOfProps<P>, site: Site) => readonly Part[]): Reader =>
  site =>
    pipe(
      decode(t.type(props))(site.config),
      E.map(config => parts(config, site)),
    )

/** Readers by the rank of the layer's input. */
export const byRank =
  (readers: { readonly [R in KerasRank]: Reader }): Reader =>
  site =>
    readers[site.rank](site)

export const channelsLast = { data_format: fixed('channels_last') }
