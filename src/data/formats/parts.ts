/** The parts of a data set by their usual names, and their roles. */

import type { Notice } from '../notices.js'

/** Lower-case names of each part, the first preferred. */
export const partNames = {
  train: ['train', 'training'],
  test: ['test', 'testing'],
  validation: ['val', 'valid', 'validation'],
} as const satisfies Record<string, readonly string[]>

/** A part of a data set, whatever its folder or shards call it. */
export type PartName = keyof typeof partNames

/** Training, test and validation parts; validation is null where it is split off training. */
export interface Roles<A> {
  readonly train: A
  readonly test: A
  readonly validation: A | null
}

/** The role of each part found: `val` is the test part where there is no other. Null where parts are missing. */
export const rolesOf = <A>(find: (part: PartName) => A | undefined): Roles<A> | null => {
  const [train, test, validation] = [find('train'), find('test'), find('validation')]
  const testOrValidation = test ?? validation
  return train === undefined || testOrValidation === undefined
    ? null
    : { train, test: testOrValidation, validation: test === undefined ? null : (validation ?? null) }
}

/** The parts that are present. */
export const partsIn = <A>({ train, test, validation }: Roles<A>): readonly A[] =>
  validation === null ? [train, test] : [train, test, validation]

/** Maps every part, one after another. */
export const mapRoles =
  <A, B>(task: (part: A) => Promise<B>) =>
  async ({ train, test, validation }: Roles<A>): Promise<Roles<B>> => ({
    train: await task(train),
    test: await task(test),
    validation: validation === null ? null : await task(validation),
  })

/** Whether a name is one of a part's names. */
export const isPart =
  (part: PartName) =>
  (name: string): boolean =>
    partNames[part].some(known => known === name.toLowerCase())

/** Notices of a data set's parts: a validation part, or one that is used as the test part. */
export const partNotices = (data: string, test: string, validation: number | null): readonly Notice[] => {
  if (validation !== null) return [{ _tag: 'ValidationGiven', data, images: validation }]
  return /(^|[-_.])val/i.test(test) ? [{ _tag: 'ValidationTests', data, part: test }] : []
}
