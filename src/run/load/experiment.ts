/** The experiment or the study of a DSL file. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunError } from '../error.js'
import { experimentCodec, studyCodec } from '../schedule/codec.js'
import { resolveExported } from '../standalone/resolve.js'
import { checkNames } from '../study/check-names.js'
import type { Study } from '../study/study.js'
import { reading } from './module.js'

/**
 * The experiment of a file; the model it begins with, where it names one, is read.
 *
 * Errors  FileMissing, NoModule, BadModule, NoExperiment with the first difference from one; those of `readAnyModel`
 */
export const loadExperiment = reading('experiment', experimentCodec, resolveExported)

/**
 * The study of a file; the models that its experiments begin with are read.
 *
 * Errors  FileMissing, NoModule, BadModule, NoExperiment with the first difference from a study; those of `readAnyModel` and
 *         `checkNames`
 */
export const loadStudy = (file: string): TE.TaskEither<RunError, Study> =>
  pipe(reading('study', studyCodec, resolveExported)(file), TE.flatMapEither(checkNames))
