/** Facts on TensorBoard's files and MLflow servers, as the page of messages shows them. */
import type { Examples } from './examples.js'

const server = 'http://localhost:5000'
const fault = { _tag: 'NoAnswer', reason: 'ECONNREFUSED' } as const

export const trackingFacts = {
  BoardFailed: [
    { folder: 'runs/mine', fault: { _tag: 'FileFailed', file: 'runs/mine/events.out', reason: 'ENOSPC' } },
  ],
  NoAddress: [{}],
  NoAnswer: [{ reason: 'ECONNREFUSED' }],
  ServerRefused: [{ status: 403, code: 'PERMISSION_DENIED', said: 'Permission denied' }],
  StrangeAnswer: [{ fault: { _tag: 'DecodeError', at: 'run', expected: 'a run', got: 'nothing' } }],
  Tracked: [{ page: `${server}/#/experiments/1/runs/0a1b` }],
  TrackingAway: [{ server, fault }],
  TrackingBack: [{ server }],
  TrackingBehind: [{ server, fault, next: `npm run resume -- runs/mine --mlflow ${server}` }],
  NoArtifactProxy: [{ server, place: 's3://bucket/mlflow' }],
} satisfies Partial<Examples>
