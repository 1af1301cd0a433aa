/** Why something grew at a place, or did not, in words. */
import type { Path } from '../../net/path.js'
import type { GrowthsScored, RunEvent } from '../../run/events.js'
import { scoredCells, scoredHead } from '../tables/scored-growths.js'
import { table } from '../tables/table.js'
import { counted } from '../text/numbers.js'

/** The growths of a run for which something at a place was a candidate. */
export const growthsAt =
  (path: Path) =>
  (events: readonly RunEvent[]): readonly GrowthsScored[] =>
    events.flatMap(event =>
      event._tag === 'growthsScored' && event.candidates.some(each => each.at === path || each.path === path)
        ? [event]
        : [],
    )

/** Which growth of its step it was, from 1: the last number of its place. */
const numberOf = ({ place }: GrowthsScored): number => Number(place.split('/').at(-1)) + 1

const growthText = (event: GrowthsScored): string =>
  [
    `growth ${numberOf(event)} of step ${event.stage + 1}, by gradients over ${counted(event.images, 'image')}:`,
    '',
    table(scoredHead(event), event.candidates.map(scoredCells)),
  ].join('\n')

/** A table a growth. */
export const explainGrowths = (growths: readonly GrowthsScored[]): string =>
  growths.map(growthText).join('\n\n')
