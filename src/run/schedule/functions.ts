/** Functions of a user's own in a schedule: which there are, and where a schedule that was read gets them from. */
import * as E from 'fp-ts/lib/Either.js'
import type { FunctionError } from '../../io/named-function.js'
import { kindOf } from '../steps/index.js'
import type { MapFunction, OwnFunction } from '../steps/kind.js'
import type { Step } from './steps.js'

type Steps = readonly Step[]

/** Steps with each function of a user's own mapped, those of steps inside them too. */
const mapFunctions =
  (map: MapFunction) =>
  (steps: Steps): Steps =>
    steps.map(step => {
      const mapped = kindOf(step).mapFunctions?.(map)(step) ?? step
      return 'steps' in mapped ? { ...mapped, steps: mapFunctions(map)(mapped.steps) } : mapped
    })

/** The functions that steps name, those of steps inside them too. */
export const functionsIn = (steps: Steps): readonly OwnFunction[] => {
  const found: OwnFunction[] = []
  mapFunctions(own => {
    found.push(own)
    return own
  })(steps)
  return found
}

const isSame = (a: OwnFunction) => (b: OwnFunction) => a._tag === b._tag && a.name === b.name

/** Whether each function is there, and is the only one of its name. Errors  NoFunction, SameName */
export const checkFunctions = (steps: Steps): E.Either<FunctionError, void> => {
  const all = functionsIn(steps)
  const absent = all.find(({ call }) => call === undefined)
  if (absent !== undefined)
    return E.left({ _tag: 'NoFunction', kind: absent._tag, name: absent.name, file: null })
  const twice = all.find(own => all.find(isSame(own))?.call !== own.call)
  return twice === undefined
    ? E.right(undefined)
    : E.left({ _tag: 'SameName', kind: twice._tag, name: twice.name })
}

/** The function of the same kind and name; a term keeps the weight it has in its step. */
const replace = (own: OwnFunction, functions: readonly OwnFunction[]): OwnFunction => {
  const found = functions.find(isSame(own))
  return found?._tag === 'pushTerm' && own._tag === 'pushTerm'
    ? { ...found, weight: own.weight }
    : (found ?? own)
}

/**
 * Steps that were read, with their functions from `file`, which has these.
 *
 * Errors  NoFunction with the first that it has not
 */
export const provideFunctions =
  (functions: readonly OwnFunction[], file: string) =>
  (steps: Steps): E.Either<FunctionError, Steps> => {
    const absent = functionsIn(steps).find(own => !functions.some(isSame(own)))
    return absent === undefined
      ? E.right(mapFunctions(own => replace(own, functions) as typeof own)(steps)) // of the same kind
      : E.left({ _tag: 'NoFunction', kind: absent._tag, name: absent.name, file })
  }
