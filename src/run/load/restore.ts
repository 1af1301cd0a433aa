/** What a stored experiment names and no file holds, its functions and layers, from the DSL file it began with. */
import { existsSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Net } from '../../net/tree.js'
import { ownLayersIn, provideLayers } from '../../net/words/own-layer.js'
import type { RunError } from '../error.js'
import { experimentCodec, studyCodec } from '../schedule/codec.js'
import type { Experiment } from '../schedule/experiment.js'
import { checkSameExperiment } from '../schedule/experiment-change.js'
import { functionsIn, provideFunctions } from '../schedule/functions.js'
import { resolveExportedOn } from '../standalone/resolve.js'
import type { StoredRun } from '../storage/stored-run.js'
import { checkNames } from '../study/check-names.js'
import { load, reading, tagOf } from './module.js'

/** A file's experiment, or those of its study; on this net where it names a model that is not read. */
const loadAll = (file: string, net: Net): TE.TaskEither<RunError, readonly Experiment[]> =>
  pipe(
    load(file),
    TE.flatMap(exported =>
      tagOf(exported) === 'study'
        ? pipe(
            reading('study', studyCodec, () => resolveExportedOn(net))(file),
            TE.flatMapEither(checkNames),
            TE.map(({ variants }) => variants.map(({ experiment }) => experiment)),
          )
        : pipe(
            reading('experiment', experimentCodec, () => resolveExportedOn(net))(file),
            TE.map(experiment => [experiment]),
          ),
    ),
  )

/** The experiments of a file; none where the file is gone. */
const loadExperiments = (file: string, net: Net): TE.TaskEither<RunError, readonly Experiment[]> =>
  existsSync(file) ? loadAll(file, net) : TE.right([])

/** An experiment with the layers and the functions it names, from those of a file. Errors  NoFunction */
const provideFrom =
  (file: string, loaded: readonly Experiment[]) =>
  (experiment: Experiment): E.Either<RunError, Experiment> => {
    const { net, schedule, ...rest } = provideLayers(ownLayersIn(loaded))(experiment)
    const absent = ownLayersIn([net, schedule]).find(({ call }) => call === undefined)
    if (absent !== undefined) return E.left({ _tag: 'NoFunction', kind: 'layer', name: absent.layer, file })
    const functions = loaded.flatMap(each => functionsIn(each.schedule))
    return pipe(
      provideFunctions(functions, file)(schedule),
      E.map(steps => ({ ...rest, net, schedule: steps })),
    )
  }

/**
 * The experiment of a run with the functions it names, which the file that it began with is loaded again for.
 *
 * Errors  NoFunction where that file no longer has one; ExperimentDiffers where one asks for other evidence by now;
 *         those of loading a file
 */
export const restoreFunctions = (run: StoredRun): TE.TaskEither<RunError, Experiment> => {
  const { experiment, settings } = run
  const { module } = settings
  const named = [...functionsIn(experiment.schedule), ...ownLayersIn(experiment)]
  if (module === undefined || named.length === 0) return TE.right(experiment)
  return pipe(
    loadExperiments(module, experiment.net),
    TE.flatMapEither(loaded => provideFrom(module, loaded)(experiment)),
    TE.tapEither(restored => checkSameExperiment(restored)(run)),
  )
}

/**
 * A run whose nets can be read: where they have layers of a user's own, with their functions.
 *
 * Errors  those of `restoreFunctions`
 */
export const restoreLayers = (run: StoredRun): TE.TaskEither<RunError, StoredRun> =>
  ownLayersIn(run.experiment).length === 0
    ? TE.right(run)
    : pipe(
        restoreFunctions(run),
        TE.map(experiment => ({ ...run, experiment })),
      )
