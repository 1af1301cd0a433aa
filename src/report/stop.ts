/** Why something ended early, as a person reads it. */
import type { Stop } from '../run/stop.js'
import { prose } from './prose.js'

export const stopText = ({ why, fact }: Stop): string => (fact === null ? why : `${why}: ${prose(fact)}`)
