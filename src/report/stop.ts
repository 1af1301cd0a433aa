/** Why something ended early, as a person reads it. */
import type { Stop } from '../run/stop.js'
import { prose } from './prose.js'

export const stopText = ({ why, fact }: Stop): string => {
  if (fact === null) return why
  return fact._tag === 'LostTooMuch' ? prose(fact) : `${why}: ${prose(fact)}`
}
