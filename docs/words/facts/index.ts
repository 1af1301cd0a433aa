/** Examples of all facts, by room, in the order of what a newcomer meets. */
import type { Fact, Tag } from '../../../src/report/text/fact.js'
import { convertFacts } from './convert.js'
import { dataFacts } from './data.js'
import { engineFacts } from './engine.js'
import type { Examples } from './examples.js'
import { learnFacts } from './learn.js'
import { netFacts } from './net.js'
import { runFacts } from './run.js'
import { studyFacts } from './study.js'
import { surgeryFacts } from './surgery.js'
import { trackingFacts } from './tracking.js'

/** Exhaustive: a fact without an example does not compile. */
export const examples: Examples = {
  ...netFacts,
  ...dataFacts,
  ...learnFacts,
  ...surgeryFacts,
  ...runFacts,
  ...studyFacts,
  ...trackingFacts,
  ...engineFacts,
  ...convertFacts,
}

/** The examples of a tag, as facts. */
export const factsOf = (tag: Tag): readonly Fact[] =>
  examples[tag].map(fields => ({ ...fields, _tag: tag }) as Fact) // the table holds the fields of that tag

/** The tags of each room. */
export const rooms: readonly (readonly [title: string, tags: readonly Tag[]])[] = (
  [
    ['Nets', netFacts],
    ['Data', dataFacts],
    ['Training', learnFacts],
    ['Pruning and growing', surgeryFacts],
    ['Runs and schedules', runFacts],
    ['Studies, their cells and queues', studyFacts],
    ['TensorBoard and MLflow', trackingFacts],
    ['Engines', engineFacts],
    ['Exports and imports', convertFacts],
  ] as const
).map(([title, facts]) => [title, Object.keys(facts) as Tag[]]) // keys are tags by the type of the table
