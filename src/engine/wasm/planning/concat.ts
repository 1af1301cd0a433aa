/** Branches that write their channels of a concat themselves, so that nothing is copied. */
import { channelsBefore, type Kind, type Value } from '../../../graph/graph.js'
import { mayBeStrided, type Usage } from './usage.js'

/** Kinds that can write a strided output. */
const writesStrided: ReadonlySet<Kind> = new Set<Kind>([
  ...(['conv', 'depthwise', 'batchNorm', 'normalise', 'maxPool', 'avgPool', 'concat'] as const),
])

/** The channels of a concat that a branch writes, from `first` on. */
interface Joint {
  readonly concat: Value
  readonly first: number
}

export type Joints = ReadonlyMap<Value, Joint>

/** Whether a branch can write its channels of the concat itself. */
const canJoin = (usage: Usage, branch: Value, concat: Value, branches: readonly Value[]): boolean =>
  branches.indexOf(branch) === branches.lastIndexOf(branch) &&
  !usage.bases.has(branch) &&
  !usage.fixed.has(branch) &&
  usage.fused.ontoOf(branch) === undefined &&
  writesStrided.has(branch.op.kind) &&
  mayBeStrided(usage, branch, concat)

const jointsOf = (usage: Usage, concat: Value): readonly (readonly [Value, Joint])[] => {
  const inputs = usage.fused.inputsOf(concat)
  const branches = inputs.map(usage.fused.standIn)
  return branches.flatMap((branch, nth) =>
    canJoin(usage, branch, concat, branches)
      ? [[branch, { concat, first: channelsBefore(inputs, nth) }] as const]
      : [],
  )
}

/** Branches that write straight into a concat. None is shared by two: a concat reads no strided input. */
export const joinBranches = (usage: Usage): Joints => {
  const concats = usage.fused.run.filter(({ op }) => op.kind === 'concat')
  return new Map(concats.flatMap(concat => jointsOf(usage, concat)))
}
