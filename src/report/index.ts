/** Facts as sentences: every error and note of the other rooms in one line. */

export { runPage } from './pages/run-page.js'
export { runsPage } from './pages/runs-page.js'
export { type Fact, renderMessage, type Stopped } from './text/messages.js'
