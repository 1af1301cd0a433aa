/** Facts as sentences: every error and note of the other rooms in one line. */
export { type Fact, renderMessage, type Stopped } from './text/messages.js'
