/** The runs of a study by name: each has a folder of its own. */
import * as E from 'fp-ts/lib/Either.js'
import { encodeFileName } from '../../io/file-name.js'
import type { RunError } from '../error.js'
import type { Study } from './study.js'

/** What a variant's shape, trained from its first weights, is called. */
export const scratchName = (name: string): string => `${name} from scratch`

/**
 * The study, if each of its runs has a folder of its own, also where upper and lower case are the same.
 *
 * Errors  SameFolder with the first two that have not
 */
export const checkNames = (study: Study): E.Either<RunError, Study> => {
  const names = study.variants.flatMap(({ name, scratch }) => (scratch ? [name, scratchName(name)] : [name]))
  const folders = names.map(name => encodeFileName(name).toLowerCase())
  const nth = folders.findIndex((folder, at) => folders.indexOf(folder) < at)
  const [first, second] = [names[folders.indexOf(folders[nth] ?? '')], names[nth]]
  return first === undefined || second === undefined
    ? E.right(study)
    : E.left({ _tag: 'SameFolder', study: study.name, first, second })
}
