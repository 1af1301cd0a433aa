/** A layer's decisions in a line of the log: a letter a fate, and the numbers of channels only where some are missing. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { closedPartial, finite, list, naturalNumber, nullable } from '../../io/codec.js'
import type { Fate } from '../../surgery/prune/ranking.js'
import type { RankedChannels } from '../events.js'

const letters = {
  kept: 'k',
  held: 'h',
  pinned: 'p',
  utility: 'u',
  starved: 's',
} as const satisfies { readonly [F in Fate]: string }

const fates: ReadonlyMap<string, Fate> = new Map(
  Object.entries(letters).map(([fate, letter]) => [letter, fate as Fate]), // the keys of the table above
)

const isFate = (value: unknown): value is Fate => typeof value === 'string' && Object.hasOwn(letters, value)

const isFates = (value: unknown): value is readonly Fate[] => Array.isArray(value) && value.every(isFate)

/** A log of an earlier version has them in words. */
const fatesIn = (value: unknown): readonly (Fate | undefined)[] | null =>
  typeof value === 'string' ? [...value].map(letter => fates.get(letter)) : isFates(value) ? value : null

const fatesCodec: t.Type<readonly Fate[], unknown> = new t.Type(
  `a letter for each channel, of ${Object.values(letters).join('')}`,
  isFates,
  (u, context) => {
    const found = fatesIn(u)
    return isFates(found) ? t.success(found) : t.failure(u, context)
  },
  all => all.map(fate => letters[fate]).join(''),
)

const figures = t.readonlyArray(nullable(finite))

/** As it is stored: without channels where there are as many as fates, numbered from 0. */
const storedCodec = closedPartial(
  {
    path: t.string,
    group: t.string,
    utility: figures,
    score: figures,
    rank: t.readonlyArray(nullable(naturalNumber)),
    fate: fatesCodec,
  },
  { channels: list(naturalNumber) },
)

type Stored = t.TypeOf<typeof storedCodec>

const withChannels = (stored: Stored): RankedChannels => ({
  ...stored,
  channels: stored.channels ?? stored.fate.map((_, channel) => channel),
})

const withoutUsual = ({ channels, ...stored }: RankedChannels): Stored =>
  channels.every((channel, nth) => channel === nth) && channels.length === stored.fate.length
    ? stored
    : { ...stored, channels }

export const rankedCodec: t.Type<RankedChannels, unknown> = new t.Type(
  'the channels of a layer in a cut',
  (u): u is RankedChannels => storedCodec.is(u) && u.channels !== undefined,
  (u, context) => pipe(storedCodec.validate(u, context), E.map(withChannels)),
  ranked => storedCodec.encode(withoutUsual(ranked)),
)
