/** Dependency groups as text: channels that are removed together, and the layers that make, keep and read them. */

import { sumBy } from '../../io/count.js'
import { elementAt, valueAt } from '../../io/element.js'
import { type Group, groups, type Member, ranges } from '../../net/channels/groups.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { weightSpecsOf } from '../../net/weight-specs.js'
import { thousands } from '../text/numbers.js'

type Named = readonly [path: Path, text: string]

/** The length of a member's axis. */
const lengthOf = (net: CheckedNet, { path, slot, axis }: Member): number => {
  const spec = weightSpecsOf(valueAt(net.layers, path)).find(each => each.slot === slot)
  return elementAt(spec?.shape ?? [], axis)
}

/** A member's layer, with its rows where others share the axis, and how often each channel repeats. */
const memberText =
  (net: CheckedNet) =>
  (member: Member): Named => {
    const part = member.rows.length < lengthOf(net, member) ? `[${ranges(member.rows)}]` : ''
    const often = member.times > 1 ? ` (${member.times} each)` : ''
    return [member.path, `${member.path}${part}${often}`]
  }

const line = (label: string, members: readonly Named[]): readonly string[] =>
  members.length === 0 ? [] : [`  ${label.padEnd(7)}  ${members.map(([, text]) => text).join(', ')}`]

const fixedText: { readonly [F in NonNullable<Group['fixed']>]: string } = {
  input: ', fixed: the image',
  output: ', fixed: the classes',
  layerNorm: ', fixed: normalised together',
  own: ', fixed: mixed by a layer of your own',
}

const linesOf =
  (net: CheckedNet) =>
  ({ name, wires, fixed, members }: Group): readonly string[] => {
    const [made, read, rest] = (['makes', 'reads', 'follows'] as const).map(role =>
      members.filter(member => member.role === role).map(memberText(net)),
    ) as [Named[], Named[], Named[]] // one for each role
    const makers = new Set(made.map(([path]) => path))
    const followed = new Map(rest.filter(([path]) => !makers.has(path)))
    return [
      `${name}: ${thousands(wires.length)} channel${wires.length === 1 ? '' : 's'}${fixed === null ? '' : fixedText[fixed]}`,
      ...line('made by', made),
      ...line('kept by', [...followed]),
      ...line('read by', read),
    ]
  }

/**
 * Each group with its channels: `made by` are the layers whose filters they are, `kept by` those that pass each on by
 * itself (depthwise, batch norm), `read by` those that sum over them.
 */
export const describeGroups = (checked: CheckedNet): string => {
  const found = groups(checked)
  const channels = sumBy(found, ({ wires }) => wires.length)
  const head = `${checked.net.name}: ${thousands(found.length)} groups of ${thousands(channels)} channels`
  return [head, ...found.map(group => linesOf(checked)(group).join('\n'))].join('\n\n')
}
