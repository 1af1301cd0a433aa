/** The drawing of a run, apart from its page. */
import type { RunRecord } from '../../run/review/record.js'
import { espalierFile } from '../espalier/file.js'
import { statesOf } from './run-page.js'

/** The net before the first cut and what is left of it, as an SVG. */
export const runDrawing = (record: RunRecord): string => espalierFile(statesOf(record))
