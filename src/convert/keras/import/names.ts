/** Keras names as paths. */
import { deepest } from '../../../net/limits.js'
import { odd } from '../keras.js'

export type Names = readonly string[]

/** A Keras name as the names of a path; of more than a net may be deep, as many as are refused as too deep. */
export const namesOf = (name: string): Names => {
  const names = (name.startsWith(odd) ? name.slice(odd.length) : name)
    .split('/')
    .map(part => part.replace(/[^A-Za-z0-9_-]/g, '_'))
    .filter(part => part !== '')
    .slice(0, deepest + 1)
  return names.length === 0 ? ['layer'] : names
}

/** Names seen from a place: without those of the place where they begin with it. */
export const seenFrom = (place: Names, names: Names): Names => {
  const inside = names.length > place.length && place.every((name, nth) => name === names[nth])
  return inside ? names.slice(place.length) : names
}
