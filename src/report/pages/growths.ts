/** What growth compared: the candidates of each growth that went by the gradient. */
import type { GrowthsScored, RunEvent } from '../../run/events.js'
import type { Element } from '../html/element.js'
import { tableOf } from '../html/parts.js'
import { scoredCells, scoredHead } from '../tables/scored-growths.js'
import { counted } from '../text/numbers.js'

const isScored = (event: RunEvent): event is GrowthsScored => event._tag === 'growthsScored'

/** A table a growth, in the order of the run. */
export const growthTables = (events: readonly RunEvent[]): readonly Element[] =>
  events
    .filter(isScored)
    .map((event, nth) =>
      tableOf(
        `Growth ${nth + 1}: gradients over ${counted(event.images, 'image')}, for what each candidate adds`,
        scoredHead(event),
        event.candidates.map(scoredCells),
      ),
    )
