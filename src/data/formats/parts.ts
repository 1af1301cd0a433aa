/** The parts of a set by the names people give them, and what each is used for. */

import type { Notice } from '../notices.js'

/** Names of each part, in small letters, the first preferred. */
export const partNames = {
  train: ['train', 'training'],
  test: ['test', 'testing'],
  validation: ['val', 'valid', 'validation'],
} as const satisfies Record<string, readonly string[]>

export type PartName = keyof typeof partNames

/** What is used for training, testing and, where it is not split off training, validation. */
export interface Roles<A> {
  readonly train: A
  readonly test: A
  readonly validation: A | null
}

/** What each part found is used for: `val` is the test where there is no other. Null where parts are missing. */
export const rolesOf = <A>(find: (part: PartName) => A | undefined): Roles<A> | null => {
  const [train, test, validation] = [find('train'), find('test'), find('validation')]
  const tested = test ?? validation
  return train === undefined || tested === undefined
    ? null
    : { train, test: tested, validation: test === undefined ? null : (validation ?? null) }
}

/** The parts there are. */
export const partsIn = <A>({ train, test, validation }: Roles<A>): readonly A[] =>
  validation === null ? [train, test] : [train, test, validation]

/** The same of every part, one after another. */
export const mapRoles =
  <A, B>(task: (part: A) => Promise<B>) =>
  async ({ train, test, validation }: Roles<A>): Promise<Roles<B>> => ({
    train: await task(train),
    test: await task(test),
    validation: validation === null ? null : await task(validation),
  })

/** Whether a name is one of a part's. */
export const isPart =
  (part: PartName) =>
  (name: string): boolean =>
    partNames[part].some(known => known === name.toLowerCase())

/** What is told of the parts of a data set: by which name the test goes, and the images of a validation part. */
export const partNotices = (data: string, test: string, validation: number | null): readonly Notice[] => {
  if (validation !== null) return [{ _tag: 'ValidationGiven', data, images: validation }]
  return /(^|[-_.])val/i.test(test) ? [{ _tag: 'ValidationTests', data, part: test }] : []
}
