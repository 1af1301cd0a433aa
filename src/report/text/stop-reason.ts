/** Why rounds or growing ended early, as text. */
import type { Stop } from '../../run/stop-reason.js'
import { renderMessage } from './messages.js'

export const stopText = ({ why, fact }: Stop): string => {
  if (fact === null) return why
  return fact._tag === 'LostTooMuch' ? renderMessage(fact) : `${why}: ${renderMessage(fact)}`
}
