/** Facts on pruning and growing, as the page of messages shows them. */
import type { Examples } from './examples.js'

const at = 'a/three'

export const surgeryFacts = {
  UnknownPath: [{ at: 'a/tree', where: 'freeze' }],
  WrongLength: [{ at, expected: 12, got: 10 }],
  NotFinite: [{ at, channel: 3, value: Number.NaN }],
  WrongOption: [{ option: 'floor', got: 2, expected: 'a share from 0 to 1' }],
  UnknownChannel: [{ at, channel: 12, channels: 12 }],
  FrozenChannel: [
    { at, channel: 3, reason: 'freeze' },
    { at, channel: 3, reason: 'input' },
    { at: 'dense', channel: 3, reason: 'output' },
    { at, channel: 3, reason: 'layerNorm' },
    { at, channel: 3, reason: 'own' },
  ],
  FrozenBody: [
    { at: 'r/body', reason: 'freeze' },
    { at: 'r/body', reason: 'needed' },
  ],
  EmptyNet: [{ at }],
  OutOfReach: [
    { measure: 'params', expected: 1000, least: 1200, limits: ['floor', 'freeze'] },
    { measure: 'latency', expected: 0.1, least: 0.2, limits: [] },
  ],
  WrongPlace: [{ at, got: 'concat', expected: 'stack' }],
  OutputDiffers: [{ at: 'dense', got: [12], expected: [10] }],
  NothingToWiden: [{ at: 'dense' }],
  Tied: [{ at: 'r/body/conv', to: 'stem' }],
  Renumbered: [
    { at: 'slice', grown: 'a' },
    { at: '', grown: 'a' },
  ],
  NotExact: [
    { at: 'a', why: { _tag: 'Normalised', at: 'layerNorm' }, widened: false },
    { at: 'a', why: { _tag: 'NoPassthrough', at: 'a', channels: 24 }, widened: false },
    { at: 'a', why: { _tag: 'NoPassthrough', at: 'a', channels: 24 }, widened: true },
  ],
  OverBudget: [{ measure: 'params', limit: 60_000, got: 61_200 }],
} satisfies Partial<Examples>
