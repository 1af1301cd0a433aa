/** Models a run keeps to find again, by what they are to it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Model } from '../../net/weights.js'

/** By the place of the step that keeps it, as steps of a kind may lie inside each other. */
type ByPlace<M> = Readonly<Record<string, M>>

/** Models that later steps need beside the current one. */
export interface KeptModels<M = Model> {
  /** Before the first cut; `null` where there was none. */
  readonly original: M | null
  /** Before the last rounds, or the first cut: what distillation learns from. */
  readonly teacher: M | null
  /** Of rounds under way: the last within the bound. */
  readonly accepted: ByPlace<M>
  /** Of growing under way: the last that paid. */
  readonly best: ByPlace<M>
}

export const noModels: KeptModels<never> = { original: null, teacher: null, accepted: {}, best: {} }

/** Keeps a model for the step at a place. */
export const keepAt =
  (role: 'accepted' | 'best', place: string) =>
  (model: Model) =>
  (models: KeptModels): KeptModels => ({ ...models, [role]: { ...models[role], [place]: model } })

/** Keeps none for the step at a place any more. */
export const dropAt =
  (role: 'accepted' | 'best', place: string) =>
  (models: KeptModels): KeptModels => {
    const { [place]: _, ...others } = models[role]
    return { ...models, [role]: others }
  }

/** Each model under a name of its own, such as `teacher` or `best.1/0`. */
export const listModels = <M>({ original, teacher, accepted, best }: KeptModels<M>) => [
  ...(original === null ? [] : [['original', original] as const]),
  ...(teacher === null ? [] : [['teacher', teacher] as const]),
  ...Object.entries(accepted).map(([place, model]) => [`accepted.${place}`, model] as const),
  ...Object.entries(best).map(([place, model]) => [`best.${place}`, model] as const),
]

const mapValues =
  <A, B>(map: (value: A) => B) =>
  (values: ByPlace<A>): ByPlace<B> =>
    Object.fromEntries(Object.entries(values).map(([place, value]) => [place, map(value)]))

export const mapModels =
  <A, B>(map: (model: A) => B) =>
  ({ original, teacher, accepted, best }: KeptModels<A>): KeptModels<B> => ({
    original: original === null ? null : map(original),
    teacher: teacher === null ? null : map(teacher),
    accepted: mapValues(map)(accepted),
    best: mapValues(map)(best),
  })

/** Every model mapped with its name, or the first error. */
export const traverseModels =
  <A, Fault, B>(read: (name: string, model: A) => E.Either<Fault, B>) =>
  (models: KeptModels<A>): E.Either<Fault, KeptModels<B>> => {
    const one = (name: string, model: A | null): E.Either<Fault, B | null> =>
      model === null ? E.right(null) : read(name, model)
    const all = (role: 'accepted' | 'best'): E.Either<Fault, ByPlace<B>> =>
      pipe(
        Object.entries(models[role]),
        E.traverseArray(([place, model]) =>
          pipe(
            read(`${role}.${place}`, model),
            E.map(found => [place, found] as const),
          ),
        ),
        E.map(entries => Object.fromEntries(entries)),
      )
    return pipe(
      E.Do,
      E.bind('original', () => one('original', models.original)),
      E.bind('teacher', () => one('teacher', models.teacher)),
      E.bind('accepted', () => all('accepted')),
      E.bind('best', () => all('best')),
    )
  }
