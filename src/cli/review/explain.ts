/** `espalier explain` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Path } from '../../net/path.js'
import { explain } from '../../report/explain/explain.js'
import { explainGrowths, growthsAt } from '../../report/explain/growths.js'
import type { RunError } from '../../run/error.js'
import type { GrowthsScored } from '../../run/events.js'
import { type ChannelHistory, channelHistories } from '../../run/review/channel-history.js'
import { type RunRecord, readRecord } from '../../run/review/record.js'
import { end } from '../exit.js'

interface Place {
  readonly path: Path
  /** `null` for all of the layer. */
  readonly channel: number | null
}

const placeOf = (text: string): Place => {
  const [, path = text, channel] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  return { path, channel: channel === undefined ? null : Number(channel) }
}

/** What a run's log says of a place: decisions about its channels, and growths that were to be there. */
interface Explained {
  readonly histories: readonly ChannelHistory[]
  readonly growths: readonly GrowthsScored[]
}

/** What is asked for. Errors  UnknownPath, NothingRanked, UnknownChannel */
const explainedAt =
  ({ path, channel }: Place) =>
  ({ folder, log, nets: { first, original, now } }: RunRecord): E.Either<RunError, Explained> => {
    const growths = channel === null ? growthsAt(path)(log.events) : []
    const known = [first, original ?? now, now].some(({ layers }) => layers.has(path))
    if (!known && growths.length === 0) return E.left({ _tag: 'UnknownPath', at: path, where: folder.path })
    const all = channelHistories(log.events).filter(history => history.path === path)
    if (all.length === 0 && growths.length === 0)
      return E.left({ _tag: 'NothingRanked', folder: folder.path, at: path })
    const histories = all.filter(history => channel === null || history.channel === channel)
    return histories.length > 0 || growths.length > 0
      ? E.right({ histories, growths })
      : E.left({ _tag: 'UnknownChannel', at: path, channel: channel ?? 0, channels: all.length })
  }

const explainedText = ({ path, channel }: Place, { histories, growths }: Explained): string =>
  [
    ...(histories.length > 0 ? [explain(path, channel, histories)] : []),
    ...(growths.length > 0 ? [explainGrowths(growths)] : []),
  ].join('\n\n')

export const explainRun = (
  run: string,
  text: string,
  { json = false }: { readonly json?: boolean },
): Promise<void> => {
  const place = placeOf(text)
  return end(pipe(readRecord(run), TE.flatMapEither(explainedAt(place))), explained =>
    process.stdout.write(
      `${json ? JSON.stringify([...explained.histories, ...explained.growths]) : explainedText(place, explained)}\n`,
    ),
  )
}
