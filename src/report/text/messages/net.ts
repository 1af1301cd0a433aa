/** Messages on nets and their weights. */
import { shortened } from '../decode-error.js'
import type { Messages } from '../fact.js'
import { thousands } from '../numbers.js'
import { layerText, shapeText } from '../phrases.js'

export const netMessages = {
  WrongRank: ({ at, expected, got }) =>
    expected === 'vector'
      ? `${layerText(at)}: expected a vector, got a map of ${shapeText(got)}; try globalAvgPool or flatten before it`
      : `${layerText(at)}: expected a map, got a vector of ${shapeText(got)}; try it before globalAvgPool or flatten`,
  TooMany: ({ at, what, got, most }) =>
    `${layerText(at)}: expected at most ${thousands(most)} ${what}, which is what this program can hold, got ${thousands(got)}`,
  WindowTooLarge: ({ at, window, map }) =>
    `${layerText(at)}: expected a window no larger than its map of ${shapeText(map)}, got ${window}; try a smaller window, or padding 'same'`,
  PaddingTooWide: ({ at, padding, window }) =>
    `${layerText(at)}: expected a pool's padding narrower than its window of ${window}, got ${padding}; try a smaller padding, or 'same'`,
  BranchesDiffer: ({ at, branch, got, expected }) =>
    `${layerText(at)}: expected branches of one height and width, got ${shapeText(got)} from ${branch} and ${shapeText(expected)} from the others; try the same strides and padding in each`,
  SumDiffers: ({ at, body, shortcut }) =>
    `${layerText(at)}: expected one shape from body and shortcut, got ${shapeText(body)} from the body and ${shapeText(shortcut)} from the shortcut; try a 1×1 convolution of the body's stride and filters as the shortcut`,
  UnequalGroups: ({ at, what, got, groups }) =>
    `${layerText(at)}: expected a number of ${what} that ${groups} groups divide, got ${thousands(got)}; try another number of groups`,
  SliceOutside: ({ at, end, channels }) =>
    `${layerText(at)}: expected a slice of the ${thousands(channels)} channels of its input, got one that ends at ${thousands(end)}; try a smaller from or size`,
  GateDiffers: ({ at, body, input }) =>
    `${layerText(at)}: expected a body that gives ${shapeText(input.slice(-1))} or ${shapeText(input)}, got ${shapeText(body)}; try a last layer with as many channels as the input of the gate`,
  NoBranches: ({ at }) =>
    `${layerText(at)}: expected a concat of at least one branch, got none; try a stack, or identity`,
  TwoOfOneName: ({ at, name }) =>
    `${layerText(at)}: expected names that differ between siblings, got two layers named ${shortened(name)}; try another name for one of them`,
  BadName: ({ at, name }) =>
    `${layerText(at)}: expected a name of letters, digits, - and _, got '${shortened(name)}'; try another name`,
  WrongWeight: ({ key, expected, got }) =>
    expected === null
      ? `weight ${key}: expected a weight of the net, got a name it does not have; try the net these weights were saved with`
      : `weight ${key}: expected ${shapeText(expected)}, got ${got === null ? 'no such weight' : shapeText(got)}; try the net these weights were saved with`,
  NotFiniteWeight: ({ key, index }) =>
    `weight ${key}: expected finite numbers, got another value at index ${index}; try a checkpoint from before the overflow`,
} satisfies Partial<Messages>
