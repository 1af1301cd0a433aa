/** Messages on nets and their weights. */
import { shortened } from '../decode-error.js'
import type { Messages } from '../fact.js'
import { thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

export const netMessages = {
  WrongRank: ({ at, expected, got }) =>
    expected === 'vector'
      ? `${layerText(at)}: expected a vector, got a map of ${shapeText(got)}; try globalAvgPool or flatten before it`
      : `${layerText(at)}: expected a map, got a vector of ${shapeText(got)}; try a place before globalAvgPool or flatten`,
  TooMany: ({ at, what, got, most }) =>
    `${layerText(at)}: expected at most ${thousands(most)} ${what}, which is what this program can hold, got ${thousands(got)}; try fewer`,
  WindowTooLarge: ({ at, window, map }) =>
    `${layerText(at)}: expected a window no larger than its map of ${shapeText(map)}, got ${window}; try a smaller window, or padding 'same'`,
  PaddingTooWide: ({ at, padding, window }) =>
    `${layerText(at)}: expected a pool's padding narrower than its window of ${window}, got ${padding}; try a smaller padding, or 'same'`,
  BranchesDiffer: ({ at, branch, got, expected }) =>
    `${layerText(at)}: expected branches of the same height and width, got ${shapeText(got)} from ${branch} and ${shapeText(expected)} from the others; try the same strides and padding in each`,
  SumDiffers: ({ at, body, shortcut }) =>
    `${layerText(at)}: expected body and shortcut of the same shape, got ${shapeText(body)} from the body and ${shapeText(shortcut)} from the shortcut; try a 1×1 convolution of the body's stride and filters as the shortcut`,
  UnequalGroups: ({ at, what, got, groups }) =>
    `${layerText(at)}: expected a number of ${what} that is a multiple of its ${groups} groups, got ${thousands(got)}; try another number of groups`,
  SliceOutside: ({ at, end, channels }) =>
    `${layerText(at)}: expected a slice within the ${thousands(channels)} channels of its input, got one that ends at ${thousands(end)}; try a smaller from or size`,
  GateDiffers: ({ at, body, input }) =>
    `${layerText(at)}: expected a body whose output is ${shapeText(input.slice(-1))} or ${shapeText(input)}, got ${shapeText(body)}; try a last layer with as many channels as the input of the gate`,
  NoBranches: ({ at }) =>
    `${layerText(at)}: expected at least one branch, got none; try a stack, or identity`,
  TwoOfOneName: ({ at, name }) =>
    `${layerText(at)}: expected a name of its own for each layer inside, got two named ${shortened(name)}; try another name for one of them`,
  BadName: ({ at, name }) =>
    `${layerText(at)}: expected a name of letters, digits, - and _, got '${shortened(name)}'; try another name`,
  WrongWeight: ({ key, expected, got }) =>
    expected === null
      ? `weight ${key}: expected a weight of the net, got a name that none of them has; try the net these weights were saved with`
      : `weight ${key}: expected ${shapeText(expected)}, got ${got === null ? 'no such weight' : shapeText(got)}; try the net these weights were saved with`,
  NotFiniteWeight: ({ key, index, got }) =>
    `weight ${key}, value ${index}: expected a finite number, got ${got}; try a checkpoint from before the overflow`,
} satisfies Partial<Messages>
