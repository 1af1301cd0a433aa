/** The figures of a run's events as tracking tools chart them: under a tag, at a step, never twice at the same. */
import type { RunEvent, Scored } from '../../run/events.js'

export interface Measure {
  readonly tag: string
  readonly step: number
  readonly value: number
}

/** What a run has done by now; steps count from 1. */
export interface Done {
  readonly epochs: number
  readonly cuts: number
  /** Nets met while growing. */
  readonly met: number
  /** Rankings of channels. */
  readonly rankings: number
}

export const nothingDone: Done = { epochs: 0, cuts: 0, met: 0, rankings: 0 }

/** What is done once an event has happened. */
export const countEvent = (done: Done, event: RunEvent): Done => {
  switch (event._tag) {
    case 'epoch':
      return { ...done, epochs: done.epochs + 1 }
    case 'pruned':
      return { ...done, cuts: done.cuts + 1 }
    case 'grown':
      return { ...done, met: done.met + 1 }
    case 'ranked':
      return { ...done, rankings: done.rankings + 1 }
    default:
      return done
  }
}

/** An event, and what was done with it. */
export type Counted = readonly [done: Done, event: RunEvent]

export const countEvents = (events: readonly RunEvent[]): readonly Counted[] => {
  let done = nothingDone
  return events.map(event => {
    done = countEvent(done, event)
    return [done, event]
  })
}

const scores = (name: string, { accuracy, loss }: Scored): Readonly<Record<string, number>> => ({
  [`accuracy/${name}`]: accuracy,
  [`loss/${name}`]: loss,
})

/** Tags and values of an event; one that is not known is left out. */
const valuesOf = (event: RunEvent): Readonly<Record<string, number | undefined>> => {
  switch (event._tag) {
    case 'epoch':
      return {
        ...scores('training', event.training),
        ...scores('validation', event.validation),
        'net/parameters': event.params,
        'net/macs': event.macs,
        learning_rate: event.learningRate,
        'gradient/new_to_old': event.gradient && event.gradient.new / event.gradient.old,
      }
    case 'pruned':
      return {
        'cut/accuracy': event.raw.accuracy,
        'cut/accuracy_recalibrated': event.repaired.accuracy,
        'cut/parameters': event.params,
        'cut/macs': event.macs,
        'cut/removed_channels': event.removed,
      }
    case 'grown':
      return {
        'growth/accuracy': event.validation.accuracy,
        'growth/parameters': event.params,
        'growth/macs': event.macs,
      }
    default:
      return {}
  }
}

/** The step of an event: its number among those of its kind. */
const stepOf = ([{ epochs, cuts, met }, { _tag }]: Counted): number =>
  _tag === 'pruned' ? cuts : _tag === 'grown' ? met : epochs

/** Law  no tag has a step twice in the events of one run */
export const measuresOf = (counted: Counted): readonly Measure[] =>
  Object.entries(valuesOf(counted[1])).flatMap(([tag, value]) =>
    value !== undefined && Number.isFinite(value) ? [{ tag, step: stepOf(counted), value }] : [],
  )
