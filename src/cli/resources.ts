/** The resources of a run: an engine and open data. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset, Skipped } from '../data/dataset.js'
import type { Notice } from '../data/notices.js'
import { openData } from '../data/open.js'
import type { DataSpec } from '../data/spec.js'
import { enginesOf } from '../engine/open.js'
import { downloadProgress } from '../report/terminal/download-progress.js'
import { renderMessage, skippedText } from '../report/text/render-message.js'
import type { Resources } from '../run/context.js'
import type { RunError } from '../run/error.js'
import type { Experiment } from '../run/schedule/experiment.js'
import { findLatencyTable } from '../run/standalone/latency-table.js'
import type { DataSettings } from '../run/storage/settings.js'
import { announceEngine } from './announce-engine.js'
import { orInterrupted, type Stopper } from './signals.js'
import { say, screen } from './stderr.js'

/** Resources that are open. */
export interface OpenResources extends Resources {
  /** Of this machine alone, where `engine` is that of a cluster. */
  readonly local?: Resources['engine']
  /** Whether all workers of a cluster stop. */
  readonly stopping?: () => boolean
}

const saySkipped = (skipped: readonly Skipped[]): void => {
  if (skipped.length > 0) say(skippedText(skipped))
}

/** Opens data; a signal interrupts it. `isTold`: which of its notices are printed. */
export const openDataset =
  (stop: Stopper, seed: number, settings: DataSettings, isTold: (notice: Notice) => boolean = () => true) =>
  (data: DataSpec): TE.TaskEither<RunError, Dataset> =>
    pipe(
      openData({ ...settings, seed, onProgress: downloadProgress(screen) })(data),
      orInterrupted(stop),
      TE.tapIO(({ skipped, notices }) => () => {
        screen.clear()
        for (const notice of notices.filter(isTold)) say(renderMessage(notice))
        saySkipped(skipped)
      }),
    )

/**
 * Opens engine and data, uses them, and closes the data in any case; where no engine is named, the fastest is used.
 * Images left out while running are printed at the end.
 */
export const withResources =
  (
    experiment: Experiment,
    seed: number,
    settings: DataSettings,
    engine: { readonly name?: string; readonly threads?: number; readonly device?: string },
    stop: Stopper,
  ) =>
  <A>(use: (opened: OpenResources) => TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    pipe(
      enginesOf(engine.name, engine.threads),
      TE.mapLeft((error): RunError => error),
      TE.flatMap(engines =>
        TE.bracket(
          pipe(
            openDataset(stop, seed, settings)(experiment.data),
            TE.map(dataset => ({ dataset, reported: dataset.skipped.length })),
          ),
          ({ dataset }) =>
            pipe(
              announceEngine(engines)(experiment, dataset, seed),
              TE.bindTo('engine'),
              TE.bindW('latencyTable', ({ engine: ready }) => findLatencyTable(engine.device, ready)),
              TE.flatMap(({ engine: ready, latencyTable }) =>
                use({ engine: ready, dataset, ...(latencyTable !== undefined && { latencyTable }) }),
              ),
            ),
          ({ dataset, reported }) => {
            saySkipped(dataset.skipped.slice(reported))
            return TE.fromTask(dataset.close)
          },
        ),
      ),
    )
