/** Which layers still give an output: a branch without channels is removed whole, and what the output needs keeps its best. */
import { elementAt } from '../../../io/element.js'
import { childPath, type Path } from '../../../net/path.js'
import type { Concat, Gate, Layer, Residual } from '../../../net/tree.js'
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

/** Whether a layer's own channels give an output; where one is needed, the best of them does. */
const ensureOwnOutput = (pass: Pass, path: Path, need: Need): boolean => {
  if (need !== null && !hasOutput(pass, path)) rescue(pass, path, need)
  return hasOutput(pass, path)
}

/**
 * Whether a layer still gives an output; where one is needed, it is made to. A recursion of its own, since the need
 * comes from above and a branch may be visited again once its siblings are known.
 */
export const ensureOutput = (pass: Pass, layer: Layer, path: Path, need: Need): boolean => {
  switch (layer._tag) {
    case 'stack':
      return layer.layers.every(each => ensureOutput(pass, each, childPath(path, each.name), need))
    case 'concat':
      return ensureBranch(pass, layer, path, need)
    case 'residual':
      return ensureSum(pass, layer, path, need)
    case 'gate':
      return ensureGate(pass, layer, path, need)
    default:
      return ensureOwnOutput(pass, path, need)
  }
}

/** A branch of a concat, with its path. */
type BranchAt = readonly [path: Path, branch: Layer]

const bestScore = (pass: Pass, [path]: BranchAt): number =>
  Math.max(...[...outputWires(pass, path)].map(wire => elementAt(pass.limits.score, wire)))

/** Of the branches without an output, those that stay all the same. */
const branchesToSave = (pass: Pass, dead: readonly BranchAt[], oneIsNeeded: boolean): readonly BranchAt[] => {
  const bound = dead.filter(([path]) => !canDrop(pass, path) || !makesOwnOutput(pass, path))
  return bound.length > 0 || !oneIsNeeded
    ? bound
    : dead.toSorted((a, b) => bestScore(pass, b) - bestScore(pass, a)).slice(0, 1)
}

const ensureBranch = (pass: Pass, { branches }: Concat, path: Path, need: Need): boolean => {
  const all = branches.map((branch): BranchAt => [childPath(path, branch.name), branch])
  const dead = all.filter(([at, branch]) => !ensureOutput(pass, branch, at, null))
  const noneLeft = dead.length === branches.length
  const saved = branchesToSave(pass, dead, noneLeft && need !== null)
  for (const each of dead) {
    const [at, branch] = each
    if (saved.includes(each)) {
      restore(pass, at)
      ensureOutput(pass, branch, at, (noneLeft ? need : null) ?? 'bound')
    } else drop(pass, at)
  }
  return !noneLeft || saved.length > 0
}

/** Removes a body without an output or of no worth, where it can be; else makes it give one. */
const ensureBody = (pass: Pass, { body }: Residual, path: Path): void => {
  const at = childPath(path, body.name)
  const isIdle = pass.removable.has(path) || !ensureOutput(pass, body, at, null)
  if (!isIdle) return
  if (pass.limits.minChannels === 0 && !isFrozen(pass, path) && canDrop(pass, at)) {
    pass.bypassed.add(path)
    drop(pass, at)
  } else ensureOutput(pass, body, at, 'bound')
}

const ensureSum = (pass: Pass, layer: Residual, path: Path, need: Need): boolean => {
  if (!ensureOwnOutput(pass, path, need)) return false
  ensureBody(pass, layer, path)
  return ensureOutput(pass, layer.shortcut, childPath(path, layer.shortcut.name), need)
}

/** The factors of a gate are never 0 by themselves: its body stays as long as what it multiplies. */
const ensureGate = (pass: Pass, { body }: Gate, path: Path, need: Need): boolean => {
  if (!ensureOwnOutput(pass, path, need)) return false
  return ensureOutput(pass, body, childPath(path, body.name), 'bound')
}
