/** Facts on nets and their weights, as the page of messages shows them. */
import type { Examples } from './examples.js'

const at = 'a/three'

export const netFacts = {
  WrongRank: [
    { at: 'dense', expected: 'vector', got: [7, 7, 24] },
    { at: 'conv', expected: 'map', got: [24] },
  ],
  TooMany: [{ at, what: 'filters', got: 2_000_000, most: 1_000_000 }],
  WindowTooLarge: [{ at: 'maxPool', window: 5, map: [3, 3, 24] }],
  PaddingTooWide: [{ at: 'maxPool', padding: 3, window: 3 }],
  BranchesDiffer: [{ at: 'a', branch: 'a/pool', got: [7, 7, 4], expected: [14, 14, 8] }],
  SumDiffers: [{ at: 'r', body: [14, 14, 16], shortcut: [28, 28, 8] }],
  UnequalGroups: [{ at, what: 'channels', got: 10, groups: 4 }],
  SliceOutside: [{ at, end: 30, channels: 24 }],
  GateDiffers: [{ at: 'g', body: [12], input: [28, 28, 24] }],
  NoBranches: [{ at: 'c' }],
  TwoOfOneName: [{ at: 'a', name: 'conv' }],
  BadName: [{ at, name: 'my conv' }],
  WrongWeight: [
    { key: 'a/kernel', expected: null, got: [3, 3, 8, 16] },
    { key: 'a/kernel', expected: [3, 3, 8, 12], got: [3, 3, 8, 16] },
    { key: 'a/kernel', expected: [3, 3, 8, 12], got: null },
  ],
  NotFiniteWeight: [{ key: 'a/kernel', index: 17, got: Number.NaN }],
} satisfies Partial<Examples>
