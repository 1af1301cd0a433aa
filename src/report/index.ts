/** Facts as sentences: every error and note of the other rooms in one line. */

export type { NoAddress } from './mlflow/address.js'
export type { ServerFault, TrackingFault, TrackingNote } from './mlflow/error.js'
export { runPage } from './pages/run-page.js'
export { runsPage } from './pages/runs-page.js'
export type { BoardFailed } from './tensorboard/board.js'
export { type Fact, renderMessage, type Stopped } from './text/render-message.js'
