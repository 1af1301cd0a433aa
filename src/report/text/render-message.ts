/** The one renderer of facts: a line that says what and where, what was expected, what was got, and what to try. */
import type { DataError } from '../../data/error.js'
import type { Fact, FactOf, Messages, Render, Tag } from './fact.js'
import { convertMessages } from './messages/convert.js'
import { dataMessages, unreadableText } from './messages/data.js'
import { engineMessages } from './messages/engine.js'
import { learnMessages } from './messages/learn.js'
import { netMessages } from './messages/net.js'
import { runMessages } from './messages/run.js'
import { studyMessages } from './messages/study.js'
import { surgeryMessages } from './messages/surgery.js'
import { trackingMessages } from './messages/tracking.js'
import { counted } from './numbers.js'

export type { Fact, Stopped } from './fact.js'
export { unreadableText } from './messages/data.js'

/** Exhaustive: a fact without a message does not compile. */
const messages: Messages = {
  ...netMessages,
  ...surgeryMessages,
  ...dataMessages,
  ...engineMessages,
  ...learnMessages,
  ...runMessages,
  ...studyMessages,
  ...convertMessages,
  ...trackingMessages,
}

/** Characters that would end a line, or change what a terminal shows; names in files may hold them. */
const controls = /[\p{Cc}\u2028\u2029]/gu

/** One line. */
export const renderMessage = (fact: Fact): string => {
  const write = messages[fact._tag] as (fact: FactOf<Tag>, render: Render) => string // the tag picks it; the types cannot follow
  return write(fact, renderMessage).replace(controls, '\ufffd')
}

/** Images left out that are listed one by one. */
const mostSkipped = 5

const skipText = (fact: DataError): string =>
  fact._tag === 'NotAnImage' ? unreadableText(fact) : renderMessage(fact)

/** Images left out: one on the same line, of several the first few on lines of their own. */
export const skippedText = (skipped: readonly DataError[]): string => {
  const whole = `${counted(skipped.length, 'image')} left out (--skip-bad):`
  const texts = skipped.slice(0, mostSkipped).map(skipText)
  const more = skipped.length - texts.length
  return skipped.length === 1
    ? [whole, ...texts].join(' ')
    : [whole, ...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('\n  ')
}
