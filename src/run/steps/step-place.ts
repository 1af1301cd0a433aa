/** Where a step is in a schedule, as numbers from 0: in the schedule, then in each turn of a step that repeats it. */

/** A step's number; of a step inside others, theirs with the turn each is in before it: `[2, 1, 0]` is step 2, round 1, step 0. */
export type StepPlace = readonly number[]

/** The step of the schedule that it is, or is in. */
export const stageOf = ([stage = 0]: StepPlace): number => stage

/** As a log, and the names of kept models, have it: `2/1/0`. */
export const placeText = (place: StepPlace): string => place.join('/')
