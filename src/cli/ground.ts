/** What a run stands on, for as long as it runs: an engine and open data. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { openData } from '../data/open.js'
import type { Dataset, Skipped } from '../data/set.js'
import type { DataSpec } from '../data/spec.js'
import { engineOf } from '../engine/choose.js'
import { fetching } from '../report/fetching.js'
import { prose } from '../report/prose.js'
import type { RunError } from '../run/error.js'
import type { Experiment } from '../run/experiment.js'
import type { Opened } from '../run/run.js'
import type { DataSettings } from '../run/settings.js'
import { say } from './say.js'

/** Images left out that are named one by one. */
const named = 5

const tellSkipped = (skipped: readonly Skipped[]): void => {
  if (skipped.length === 0) return
  say(`${skipped.length} image${skipped.length === 1 ? '' : 's'} left out:`)
  for (const fact of skipped.slice(0, named)) say(`  ${prose(fact)}`)
  if (skipped.length > named) say(`  and ${skipped.length - named} more`)
}

export const openDataset =
  (seed: number, settings: DataSettings) =>
  (data: DataSpec): TE.TaskEither<RunError, Dataset> => {
    const { report, done } = fetching(process.stderr)
    return pipe(
      openData({ ...settings, seed, onProgress: report })(data),
      TE.tapIO(dataset => () => {
        done()
        for (const notice of dataset.notices) say(prose(notice))
        tellSkipped(dataset.skipped)
      }),
    )
  }

/** Opens engine and data, uses them, and closes the data whatever came of it; tells what was left out on the way. */
export const onGround =
  (
    { data }: Experiment,
    seed: number,
    settings: DataSettings,
    engine: { readonly name?: string; readonly threads?: number },
  ) =>
  <A>(use: (opened: Opened) => TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    pipe(
      engineOf(engine.name, engine.threads),
      TE.mapLeft((error): RunError => error),
      TE.flatMap(ready =>
        TE.bracket(
          pipe(
            openDataset(seed, settings)(data),
            TE.map(dataset => ({ dataset, told: dataset.skipped.length })),
          ),
          ({ dataset }) => use({ engine: ready, dataset }),
          ({ dataset, told }) => {
            tellSkipped(dataset.skipped.slice(told))
            return TE.fromTask(dataset.close)
          },
        ),
      ),
    )
