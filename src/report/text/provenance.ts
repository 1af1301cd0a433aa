/** Provenance as text: engine, data and code. */
import { elementAt } from '../../io/element.js'
import type { Result } from '../../run/events.js'
import type { Settings } from '../../run/storage/settings.js'

export const engineText = ({ name, version, threads }: Settings['engine']): string =>
  `${name} ${version} on ${threads} thread${threads === 1 ? '' : 's'}`

/** The provenance of a run. */
export interface Provenance {
  readonly data: string
  readonly engine: string
  readonly code: string
}

export const provenanceOf = ({
  data: { name, checksum, take },
  engine,
  code: { version, commit },
}: Pick<Result, 'data' | 'engine' | 'code'>): Provenance => ({
  data: `${name} ${checksum}${take === undefined ? '' : `, ${take} of its training images`}`,
  engine: engineText(engine),
  code: `espalier ${version}${commit === null ? '' : ` at ${commit}`}`,
})

const parts = ['data', 'engine', 'code'] as const

/** The provenance of several runs, each part once. */
export const commonProvenance = (results: readonly Result[]): readonly (readonly string[])[] => {
  const all = results.map(provenanceOf)
  return parts.map(part => [...new Set(all.map(provenance => provenance[part]))])
}

/** The parts of the provenance in which runs differ. */
export const provenanceText = (results: readonly Result[]): ((result: Result) => Partial<Provenance>) => {
  const several = commonProvenance(results)
  const differing = parts.filter((_, nth) => elementAt(several, nth).length > 1)
  return result => {
    const provenance = provenanceOf(result)
    return Object.fromEntries(differing.map(part => [part, provenance[part]]))
  }
}
