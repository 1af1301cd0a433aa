/** Messages on pruning and growing. */
import type { Measure } from '../../../surgery/error.js'
import type { FactOf, Messages } from '../fact.js'
import { milliseconds, thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

const units: { readonly [M in Exclude<Measure, 'latency'>]: string } = {
  params: 'parameters',
  macs: 'MACs',
  bytes: 'bytes',
}

/** 57,870 parameters, or 0.2 ms an image */
const amountText = (measure: Measure, amount: number): string =>
  measure === 'latency' ? `${milliseconds(amount)} an image` : `${thousands(amount)} ${units[measure]}`

/** How each option that holds channels back can hold fewer. */
const relaxed = (option: string): string =>
  option === 'freeze' || option === 'ignore' ? `fewer paths in ${option}` : `a lower ${option}`

/** 1,200 parameters with every removable channel removed */
export const leastText = ({ measure, least }: FactOf<'OutOfReach'>): string =>
  `${amountText(measure, least)} ${measure === 'latency' ? 'from the fastest net measured' : 'with every removable channel removed'}`

const outOfReach = (fact: FactOf<'OutOfReach'>): string => {
  const remedies = ['a higher target', ...fact.limits.map(relaxed)].join(', or ')
  return `target: expected at most ${amountText(fact.measure, fact.expected)}, got ${leastText(fact)}; try ${remedies}`
}

/** What the budget allows and what the grown net has, without advice. */
export const overBudgetText = ({ measure, limit, got }: FactOf<'OverBudget'>): string =>
  `budget: expected at most ${amountText(measure, limit)}, got ${amountText(measure, got)} from the grown net`

export const surgeryMessages = {
  UnknownPath: ({ at, where }) =>
    `${where}: expected the path of a layer, got ${at}; try describe, which lists the layers`,
  WrongLength: ({ at, expected, got }) =>
    `${layerText(at)}: expected ${thousands(expected)} utilities, one a channel, got ${thousands(got)}`,
  NotFinite: ({ at, channel, value }) =>
    `${layerText(at)}: expected a finite utility for channel ${channel}, got ${value}`,
  WrongOption: ({ option, got, expected }) => `${option} is ${got}; expected ${expected}`,
  UnknownChannel: ({ at, channel, channels }) =>
    `${layerText(at)}: expected a channel from 0 to ${channels - 1}, got ${channel}`,
  FrozenChannel: ({ at, channel }) =>
    `${layerText(at)}: expected a channel that may be removed, got ${channel}, which is frozen, belongs to the net's input or output, or is read by a layer norm; try another channel, or another freeze`,
  FrozenBody: ({ at }) =>
    `${layerText(at)}: expected a body that may be removed, got one that holds a frozen layer or passes the only path on; try another freeze`,
  EmptyNet: ({ at }) =>
    `${layerText(at)}: expected at least one channel to remain, got none; try a lower eta, or minChannels: 1`,
  OutOfReach: outOfReach,
  WrongPlace: ({ at, got, expected }) =>
    `${layerText(at)}: expected a ${expected}, got a ${got}; try describe, which lists the layers`,
  OutputDiffers: ({ at, got, expected }) =>
    `${layerText(at)}: expected the net's output to stay ${shapeText(expected)}, got ${shapeText(got)} by growing here; try a place before the last layer`,
  NothingToWiden: ({ at }) =>
    `${layerText(at)}: expected channels that can be widened, got only those of the net's input and output, of a layer norm, or tied to them; try a layer in the middle`,
  Tied: ({ at, to }) =>
    `${layerText(at)}: expected channels of its own, got some that a sum, a gate or groups tie to ${to}; try growing inside it`,
  Renumbered: ({ at, grown }) =>
    `${layerText(grown)}: expected no new channels among those that ${at} knows by number, in groups or as a slice, got some; try growing behind it, or inside a branch`,
  OverBudget: fact => `${overBudgetText(fact)}; try a larger budget, or a smaller module`,
} satisfies Partial<Messages>
