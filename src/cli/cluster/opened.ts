/** What of a run's resources is otherwise where workers share its engine. */
import type { Resources } from '../../run/context.js'
import type { RunObserver } from '../../run/observer.js'
import type { OpenResources } from '../resources.js'
import type { Stopper } from '../signals.js'

/** Asks to stop as the workers agree. */
export const stopperOf = (stop: Stopper, { stopping = stop.stopping }: OpenResources): Stopper => ({
  ...stop,
  stopping,
})

/** Times of one machine say nothing about a cluster. */
export const observerIn = (opened: OpenResources, observer: RunObserver): RunObserver =>
  opened.local === undefined ? observer : { ...observer, beside: false }

/** For what one machine does alone. */
export const localOf = ({ engine, local = engine, dataset }: OpenResources): Resources => ({
  engine: local,
  dataset,
})
