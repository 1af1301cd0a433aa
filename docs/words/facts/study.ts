/** Facts on studies, their cells and queues, as the page of messages shows them. */
import type { Examples } from './examples.js'

const url = 'redis://localhost:6379'
const [began, now] = ['0a1b2c3d4e5f6a7b', '1b2c3d4e5f6a7b8c']

export const studyFacts = {
  SameFolder: [{ study: 'sizes', first: 'Small', second: 'small' }],
  NoSuchSeed: [{ seed: 3, seeds: 3 }],
  CellsDiffer: [{ study: 'sizes', expected: 12, got: 20 }],
  CellsFailed: [{ cells: ['cell 3 (seed 1, small)'] }],
  StudyDiffers: [
    { file: 'runs/sizes/cells/study.json', what: 'engine', began: 'wasm', now: 'tensorflow' },
    { file: 'runs/sizes/cells/study.json', what: 'seeds', began: '3', now: '5' },
  ],
  CellDiffers: [{ file: 'runs/sizes/cells/0a1b2c.json', began, now }],
  QueueUnreachable: [
    { url, reason: 'ECONNREFUSED' },
    { url, reason: 'NOAUTH Authentication required.' },
  ],
  QueueLost: [
    { url, seconds: 30, refusal: null },
    { url, seconds: 30, refusal: "READONLY You can't write against a read only replica." },
  ],
  QueueRefused: [{ url, refusal: "CROSSSLOT Keys in request don't hash to the same slot" }],
} satisfies Partial<Examples>
