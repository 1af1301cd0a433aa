/** The interface of emitters, which turn one operation into kernel calls. */
import type { Kind, OpOf, Value } from '../../../graph/graph.js'
import type { Place, Step } from '../planning/buffers.js'

/** What cuts values off: below 0, and above 6. */
export type Clamp = 'relu' | 'relu6' | null

/** The epilogue of a product: what it applies to its sums before it stores them. */
export interface Epilogue {
  /** The fixed norm whose statistics it applies, or the sum whose bias it adds. */
  readonly behind: Value | null
  readonly clamp: Clamp
  /** Whether it adds to the output's present content. */
  readonly accumulated: boolean
}

export const noEpilogue: Epilogue = { behind: null, clamp: null, accumulated: false }

/** One operation with the places of its inputs and results. */
export interface Site<K extends Kind = Kind> {
  readonly value: Value & { readonly op: OpOf<K> }
  readonly inputs: readonly Place[]
  readonly output: Place
  /** Later results: the parts, and those that only the gradient reads. */
  readonly others: readonly Place[]
  /** Later results of each input. */
  readonly behind: readonly (readonly Place[])[]
  readonly finish: Epilogue
  /** Inputs, after the first, of the value that `finish` applies. */
  readonly finishing: readonly Place[]
  /** The variable that an update writes, then its slots. */
  readonly variables: readonly Place[]
}

/** Turns places into addresses. */
export type Locate = (place: Place) => number

/** Another form of what an operation reads, computed before it; only once where no call writes what it is made of. */
export interface Preparation {
  readonly floats: number
  readonly inputs: readonly Place[]
  readonly step: (at: Locate, target: number) => Step
}

export interface Emitted {
  /** Floats of each temporary buffer of these steps. */
  readonly work?: readonly number[]
  /** Scratch bytes of each thread. */
  readonly scratch?: number
  readonly prepared?: readonly Preparation[]
  /** Given the addresses of the temporary buffers, and of what is prepared. */
  readonly steps: (at: Locate, work: readonly number[], prepared: readonly number[]) => readonly Step[]
}

export type Emitter<K extends Kind> = (site: Site<K>) => Emitted

/** The place of an input; the operation's arity guarantees it. */
export const nth = (places: readonly Place[], index: number): Place => places[index] as Place // arity is the operation's

export const shapeOf = (value: Value, index: number): readonly number[] => value.inputs[index]?.shape ?? []

/** The vectors of four that hold so many floats. */
export const vectors = (floats: number): number => Math.ceil(floats / 4)

/** The floats of whole vectors that hold so many. */
export const padded = (floats: number): number => 4 * vectors(floats)

/** Of operations whose value is in memory already. */
export const nothing = (): Emitted => ({ steps: () => [] })
