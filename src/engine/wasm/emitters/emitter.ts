/** What turning one operation into kernel calls takes and gives. */
import type { Kind, OpOf, Value } from '../../../graph/graph.js'
import type { Place, Step } from '../planning/buffers.js'

/** What a product does with its sums before it stores them. */
export interface Finish {
  /** Normalise by the fixed statistics of this value, or add its bias. */
  readonly behind: Value | null
  readonly rectified: boolean
  /** Add to what the output's place holds already. */
  readonly accumulated: boolean
}

export const plainly: Finish = { behind: null, rectified: false, accumulated: false }

/** One operation in its place. */
export interface Site<K extends Kind = Kind> {
  readonly value: Value & { readonly op: OpOf<K> }
  readonly inputs: readonly Place[]
  readonly output: Place
  /** Further results: the parts, and what only the reverse pass reads. */
  readonly others: readonly Place[]
  /** Further results of each input. */
  readonly behind: readonly (readonly Place[])[]
  readonly finish: Finish
  /** Of the value that `finish` takes in, after its first. */
  readonly finishing: readonly Place[]
  /** The variable that an update changes, then its slots. */
  readonly variables: readonly Place[]
}

/** Turns places into addresses. */
export type Locate = (place: Place) => number

export interface Emitted {
  /** Floats of room for what only these steps read. */
  readonly work?: readonly number[]
  /** Bytes each thread needs for itself. */
  readonly scratch?: number
  readonly steps: (at: Locate, work: readonly number[]) => readonly Step[]
}

export type Emitter<K extends Kind> = (site: Site<K>) => Emitted

/** The place of an input that the operation's type says is there. */
export const nth = (places: readonly Place[], index: number): Place => places[index] as Place // arity is the operation's

export const shapeOf = (value: Value, index: number): readonly number[] => value.inputs[index]?.shape ?? []
