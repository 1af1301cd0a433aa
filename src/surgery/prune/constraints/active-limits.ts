/** Names the options that hold channels back, for a target that is out of reach with them. */
import type { ConstraintOptions } from '../options.js'

/** The options that hold channels back, by name; rounding that gives way by itself is none. */
export const activeLimits = ({
  freeze = [],
  ignore = [],
  minChannels = 0,
  roundTo = 'auto',
  floor = 0,
}: ConstraintOptions): readonly string[] => [
  ...(freeze.length > 0 ? ['freeze'] : []),
  ...(ignore.length > 0 ? ['ignore'] : []),
  ...(minChannels > 0 ? ['minChannels'] : []),
  ...(roundTo !== 'auto' && roundTo > 1 ? ['roundTo'] : []),
  ...(floor > 0 ? ['floor'] : []),
]
