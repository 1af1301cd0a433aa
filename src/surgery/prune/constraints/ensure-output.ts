/**
 * Which layers still give an output: a branch without channels is removed whole, and what the output needs keeps its
 * best.
 */
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { elementAt } from '../../../io/element.js'
import { type FoldAlgebra, fold } from '../../../net/interpret.js'
import { childPath, type Path } from '../../../net/path.js'
import type { Concat, Layer, Residual } from '../../../net/tree.js'
import {
  canDrop,
  drop,
  hasOutput,
  isFrozen,
  makesOwnOutput,
  type Need,
  outputWires,
  type Pass,
  rescue,
  restore,
} from './pass.js'

/**
 * Whether a layer still gives an output; where one is needed, it is made to. The need comes from above, and a branch may
 * be asked again once its siblings are known.
 */
type EnsureOutput = (need: Need) => boolean

/** Whether a layer's own channels give an output; where one is needed, the best of them does. */
const ensureOwnOutput = (pass: Pass, path: Path, need: Need): boolean => {
  if (need !== null && !hasOutput(pass, path)) rescue(pass, path, need)
  return hasOutput(pass, path)
}

/** A branch of a concat. */
interface BranchAt {
  readonly at: Path
  readonly ensure: EnsureOutput
}

const bestScore = (pass: Pass, { at }: BranchAt): number =>
  Math.max(...[...outputWires(pass, at)].map(wire => elementAt(pass.limits.score, wire)))

/** Of the branches without an output, those that stay all the same. */
const branchesToSave = (pass: Pass, dead: readonly BranchAt[], oneIsNeeded: boolean): readonly BranchAt[] => {
  const bound = dead.filter(({ at }) => !canDrop(pass, at) || !makesOwnOutput(pass, at))
  return bound.length > 0 || !oneIsNeeded
    ? bound
    : dead.toSorted((a, b) => bestScore(pass, b) - bestScore(pass, a)).slice(0, 1)
}

const ensureBranch = (pass: Pass, branches: readonly BranchAt[], need: Need): boolean => {
  const dead = branches.filter(({ ensure }) => !ensure(null))
  const noneLeft = dead.length === branches.length
  const saved = branchesToSave(pass, dead, noneLeft && need !== null)
  for (const each of dead) {
    if (saved.includes(each)) {
      restore(pass, each.at)
      each.ensure((noneLeft ? need : null) ?? 'bound')
    } else drop(pass, each.at)
  }
  return !noneLeft || saved.length > 0
}

/** Removes a body without an output or of no worth, where it can be; else makes it give one. */
const ensureBody = (pass: Pass, ensure: EnsureOutput, { body }: Residual, path: Path): void => {
  const at = childPath(path, body.name)
  const isIdle = pass.removable.has(path) || !ensure(null)
  if (!isIdle) return
  if (pass.limits.minChannels === 0 && !isFrozen(pass, path) && canDrop(pass, at)) {
    pass.bypassed.add(path)
    drop(pass, at)
  } else ensure('bound')
}

const branchesOf = (
  { branches }: Concat,
  path: Path,
  ensures: readonly EnsureOutput[],
): readonly BranchAt[] =>
  RA.zipWith(branches, ensures, ({ name }, ensure) => ({ at: childPath(path, name), ensure }))

/** The factors of a gate are never 0 by themselves: its body stays as long as what it multiplies. */
const outputAlgebra = (pass: Pass): FoldAlgebra<EnsureOutput> => ({
  leaf: (_leaf, path) => need => ensureOwnOutput(pass, path, need),
  stack: layers => need => layers.every(ensure => ensure(need)),
  concat: (branches, layer, path) => need => ensureBranch(pass, branchesOf(layer, path, branches), need),
  residual: (body, shortcut, layer, path) => need => {
    if (!ensureOwnOutput(pass, path, need)) return false
    ensureBody(pass, body, layer, path)
    return shortcut(need)
  },
  gate: (body, _layer, path) => need => ensureOwnOutput(pass, path, need) && body('bound'),
})

/** Makes a net give an output. */
export const ensureOutput = (pass: Pass, body: Layer): boolean => fold(outputAlgebra(pass))(body, '')('vital')
