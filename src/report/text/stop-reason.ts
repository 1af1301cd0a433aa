/** Why rounds or growing ended early, as text. Such an end is a normal one, so there is no advice. */
import type { Stop, StopFact } from '../../run/stop-reason.js'
import { leastText, overBudgetText } from './messages/surgery.js'
import { layerText } from './phrases.js'
import { renderMessage } from './render-message.js'

const factText = (fact: StopFact): string => {
  switch (fact._tag) {
    case 'OutOfReach':
      return `nothing left to cut (at least ${leastText(fact)})`
    case 'EmptyNet':
      return `nothing left to cut (${layerText(fact.at)} would lose its last channel)`
    case 'OverBudget':
      return overBudgetText(fact)
    default:
      return renderMessage(fact)
  }
}

export const stopText = ({ why, fact }: Stop): string => (fact === null ? why : factText(fact))
