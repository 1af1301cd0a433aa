/** `espalier explain` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Path } from '../../net/path.js'
import { explain } from '../../report/explain/explain.js'
import type { RunError } from '../../run/error.js'
import { type ChannelHistory, channelHistories } from '../../run/review/decisions.js'
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

/** The histories that are asked for. Errors  UnknownPath, NothingRanked, UnknownChannel */
const historiesAt =
  ({ path, channel }: Place) =>
  ({
    folder,
    log,
    nets: { first, original, now },
  }: RunRecord): E.Either<RunError, readonly ChannelHistory[]> => {
    const known = [first, original ?? now, now].some(({ layers }) => layers.has(path))
    if (!known) return E.left({ _tag: 'UnknownPath', at: path, where: folder.path })
    const histories = channelHistories(log.events).filter(history => history.path === path)
    if (histories.length === 0) return E.left({ _tag: 'NothingRanked', folder: folder.path, at: path })
    const found = histories.filter(history => channel === null || history.channel === channel)
    return found.length > 0
      ? E.right(found)
      : E.left({ _tag: 'UnknownChannel', at: path, channel: channel ?? 0, channels: histories.length })
  }

export const explainRun = (
  run: string,
  text: string,
  { json = false }: { readonly json?: boolean },
): Promise<void> => {
  const place = placeOf(text)
  return end(pipe(readRecord(run), TE.flatMapEither(historiesAt(place))), histories =>
    process.stdout.write(
      `${json ? JSON.stringify(histories) : explain(place.path, place.channel, histories)}\n`,
    ),
  )
}
