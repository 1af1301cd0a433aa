/** Messages on pruning and growing. */

import { commandText } from '../../../io/text/command-text.js'
import type { Measure } from '../../../surgery/error.js'
import type { FactOf, Messages } from '../fact.js'
import { counted, milliseconds, thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

const units: { readonly [M in Exclude<Measure, 'latency'>]: string } = {
  params: 'parameters',
  macs: 'MACs',
  bytes: 'bytes',
}

/** 57,870 parameters, or 0.2 ms per image */
const amountText = (measure: Measure, amount: number): string =>
  measure === 'latency' ? `${milliseconds(amount)} per image` : `${thousands(amount)} ${units[measure]}`

/** How each option that holds channels back can hold fewer. */
const relaxed = (option: string): string =>
  option === 'freeze' || option === 'ignore' ? `fewer paths in ${option}` : `a lower ${option}`

/** 1,200 parameters with every removable channel removed */
export const leastText = ({ measure, least }: FactOf<'OutOfReach'>): string =>
  `${amountText(measure, least)} ${measure === 'latency' ? 'from the fastest net measured' : 'with every removable channel removed'}`

/** Why a channel stays whatever its utility. */
const channelReasons: { readonly [R in FactOf<'FrozenChannel'>['reason']]: string } = {
  freeze: 'is frozen',
  input: "belongs to the net's input",
  output: "belongs to the net's output",
  layerNorm: 'is read by a layer norm',
  own: 'is mixed with others by a layer of your own',
}

const outOfReach = (fact: FactOf<'OutOfReach'>): string => {
  const remedies = ['a higher target', ...fact.limits.map(relaxed)].join(', or ')
  return `target: expected at most ${amountText(fact.measure, fact.expected)}, got ${leastText(fact)}; try ${remedies}`
}

/** What growth that preserves the function would need. */
const notExactText = ({ at, why, widened }: FactOf<'NotExact'>): string => {
  if (why._tag === 'Normalised')
    return `${layerText(at)}: expected growth that changes no output, got new channels, which ${layerText(why.at)} would normalise together with the old; try another place`
  const passing = `${layerText(at)}: expected a module that can pass on the ${counted(why.channels, 'channel')} of its input, got one that cannot`
  return widened
    ? `${passing}, however wide; try a branch of 1×1 units`
    : `${passing}; try exact: true, which makes one as wide`
}

/** What the budget allows and what the grown net has, without advice. */
export const overBudgetText = ({ measure, limit, got }: FactOf<'OverBudget'>): string =>
  `budget: expected at most ${amountText(measure, limit)}, got ${amountText(measure, got)} from the grown net`

export const surgeryMessages = {
  UnknownPath: ({ at, where }) =>
    `${where}: expected the path of a layer, got ${at}; try ${commandText('describe', 'FILE')}, which lists the layers`,
  WrongLength: ({ at, expected, got }) =>
    `${layerText(at)}: expected ${thousands(expected)} utilities, one per channel, got ${thousands(got)}; try a criterion that gives one per output channel`,
  NotFinite: ({ at, channel, value }) =>
    `${layerText(at)}: expected a finite utility for channel ${channel}, got ${value}; try correcting the criterion`,
  WrongOption: ({ option, got, expected }) => `${option}: expected ${expected}, got ${got}`,
  UnknownChannel: ({ at, channel, channels }) =>
    `${layerText(at)}: expected a channel from 0 to ${channels - 1}, got ${channel}; try one of these`,
  FrozenChannel: ({ at, channel, reason }) =>
    `${layerText(at)}: expected a channel that may be removed, got ${channel}, which ${channelReasons[reason]}; try ${reason === 'freeze' ? relaxed('freeze') : 'another channel'}`,
  FrozenBody: ({ at, reason }) =>
    `${layerText(at)}: expected a body that may be removed, got one ${reason === 'freeze' ? `that holds, or lies in, a frozen layer; try ${relaxed('freeze')}` : 'without which the net would have no path from input to output; try another body'}`,
  EmptyNet: ({ at }) =>
    `${layerText(at)}: expected at least one channel to remain, got none; try a lower eta, or minChannels: 1`,
  OutOfReach: outOfReach,
  WrongPlace: ({ at, got, expected }) =>
    `${layerText(at)}: expected a ${expected}, got ${got}; try the path of a ${expected}, as ${commandText('describe', 'FILE')} lists them`,
  OutputDiffers: ({ at, got, expected }) =>
    `${layerText(at)}: expected growth that leaves the net's output ${shapeText(expected)}, got ${shapeText(got)}; try a place before the last layer`,
  NothingToWiden: ({ at }) =>
    `${layerText(at)}: expected channels whose number can grow, got only those of the net's input or output, or of a layer norm; try a layer in the middle`,
  Tied: ({ at, to }) =>
    `${layerText(at)}: expected channels of its own, got some that a sum, a gate or groups tie to those of ${to}, so that none can be added here; try growing inside ${to}`,
  Renumbered: ({ at, grown }) =>
    at === ''
      ? `${layerText(grown)}: expected outputs that keep their order, as each is a class, got another order; try growing before the last layer`
      : `${layerText(grown)}: expected the channels that ${at} knows by number (in groups, as a slice, or one by one in a sum or gate) to keep their numbers, got others in their place; try growing behind ${at}, or inside a branch`,
  NotExact: notExactText,
  OverBudget: fact => `${overBudgetText(fact)}; try a larger budget, or a smaller module`,
} satisfies Partial<Messages>
