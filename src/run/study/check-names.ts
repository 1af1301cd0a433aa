/** The names of a study: each of its runs has a folder of its own, each function a name of its own. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { encodeFileName } from '../../io/text/file-name.js'
import type { RunError } from '../error.js'
import { checkFunctions } from '../schedule/functions.js'
import { scratchName } from './cells.js'
import type { Study } from './study.js'

/** Errors  SameFolder with the first two runs whose folders would be one, also where upper and lower case are the same */
const checkFolders = (study: Study): E.Either<RunError, void> => {
  const names = study.variants.flatMap(({ name, scratch }) => (scratch ? [name, scratchName(name)] : [name]))
  const folders = names.map(name => encodeFileName(name).toLowerCase())
  const nth = folders.findIndex((folder, at) => folders.indexOf(folder) < at)
  const [first, second] = [names[folders.indexOf(folders[nth] ?? '')], names[nth]]
  return first === undefined || second === undefined
    ? E.right(undefined)
    : E.left({ _tag: 'SameFolder', study: study.name, first, second })
}

/**
 * The study, if each of its runs has a folder of its own, and each function a name of its own in all of them: steps that
 * are equal by their names are run once.
 *
 * Errors  SameFolder, SameName, NoFunction
 */
export const checkNames = (study: Study): E.Either<RunError, Study> =>
  pipe(
    checkFolders(study),
    E.flatMap(() => checkFunctions(study.variants.flatMap(({ experiment }) => experiment.schedule))),
    E.map(() => study),
  )
