/**
 * Push out the losers: the useful work is moved off the channels that will go, until they give exactly zero.
 * What a channel is worth falls out of the training gradients; those below the round's threshold are faded by a
 * ball that shrinks around their batch norm's scale and shift. A reading of the paper's push; this project's own.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Session } from '../engine/engine.js'
import * as op from '../graph/ops.js'
import type { Slope } from '../graph/optimizer.js'
import { isUpdate, type Value } from '../graph/value.js'
import { type Inferred, infer, type Placed } from '../net/infer.js'
import { type Path, parentOf, under, within } from '../net/path.js'
import { channelsOf } from '../net/shape.js'
import { hasNorm, keyOf } from '../net/slots.js'
import type { Model, Tensor, Weights } from '../net/weights.js'
import { type Criterion, perCost } from '../surgery/criteria.js'
import type { PruneError } from '../surgery/error.js'
import { prune } from '../surgery/prune.js'
import type { Utilities } from '../surgery/rank.js'
import { type Aim, type Cut, cutBy, type Losers } from './options.js'

/** Slots beside a unit's scale: what its channels are worth, which are condemned, and how far they may reach. */
const slotNames = { utility: 'utility', condemned: 'condemned', reach: 'reach' } as const

type LoserSlot = keyof typeof slotNames

const slotOf = (path: Path, slot: LoserSlot): string => `${keyOf(path, 'scale')}/${slotNames[slot]}`

/** A unit's scale and shift, with what the objective says of them. */
interface Affine {
  readonly path: Path
  readonly scale: Slope
  readonly shift: Slope
}

const affines = (slopes: readonly Slope[]): readonly Affine[] => {
  const byKey = new Map(slopes.map(slope => [slope.key, slope]))
  return slopes.flatMap(scale => {
    const path = parentOf(scale.key)
    const shift = byKey.get(keyOf(path, 'shift'))
    return scale.key === keyOf(path, 'scale') && shift !== undefined ? [{ path, scale, shift }] : []
  })
}

/** q = (γ·∂L/∂γ + β·∂L/∂β)², the squared first-order effect of deleting a channel, as a running mean. */
const remembered =
  (memory: number) =>
  ({ path, scale, shift }: Affine): Value =>
    op.average(
      slotOf(path, 'utility'),
      op.square(op.add(op.mul(scale.weight, scale.gradient), op.mul(shift.weight, shift.gradient))),
      memory,
    )

/** Utilities, kept up to date by the slopes of the objective alone. */
export const remember =
  ({ memory }: Losers) =>
  (slopes: readonly Slope[]): readonly Value[] =>
    affines(slopes).map(remembered(memory))

/** Adds the slope of λ·Σ|γ|. */
export const sparsify =
  ({ sparsity }: Losers) =>
  (slopes: readonly Slope[]): readonly Slope[] => {
    const scales = new Set(affines(slopes).map(({ scale }) => scale.key))
    return slopes.map(slope =>
      scales.has(slope.key) && sparsity > 0
        ? { ...slope, gradient: op.add(slope.gradient, op.mul(op.sign(slope.weight), sparsity)) }
        : slope,
    )
  }

/** 1 − f: 1 until losers are told, then down to 0. */
const fadeInput = op.input('fade', [])

/** The variable an update changes. */
const nameOf = ({ op: each }: Value): string => (isUpdate(each) ? each.name : '')

/** (γ, β) ← (γ, β) · min(1, n₀·(1 − f)/‖(γ, β)‖) for the condemned, after the optimizer has moved them. */
export const fade =
  (slopes: readonly Slope[]) =>
  (updates: readonly Value[]): readonly Value[] => {
    const moved = new Map(updates.map(update => [nameOf(update), update]))
    const faded = affines(slopes).flatMap(({ path, scale, shift }) => {
      const [gamma, beta] = [moved.get(scale.key), moved.get(shift.key)]
      if (gamma === undefined || beta === undefined) return []
      const stored = (slot: LoserSlot) => op.weight(slotOf(path, slot), scale.weight.shape)
      const length = op.sqrt(op.add(op.square(gamma), op.square(beta)))
      const shrink = op.minimum(op.div(op.mul(stored('reach'), fadeInput), op.maximum(length, 1e-12)), 1)
      const factor = op.sub(1, op.mul(stored('condemned'), op.sub(1, shrink)))
      return [op.assign(scale.key, op.mul(gamma, factor)), op.assign(shift.key, op.mul(beta, factor))]
    })
    const again = new Set(faded.map(nameOf))
    return [...updates.filter(update => !again.has(nameOf(update))), ...faded]
  }

/** Never before a step has shown what channels are worth. */
const toldAt = ({ from }: Losers, steps: number): number => Math.max(1, Math.round(from * steps))

export const fadeFeeds =
  (losers: Losers) =>
  (step: number, steps: number): Readonly<Record<string, Float32Array>> => {
    const told = toldAt(losers, steps)
    const faded = (step + 1 - told) / Math.max(1, losers.until * steps - told)
    return { fade: Float32Array.of(1 - Math.min(1, Math.max(0, faded))) }
  }

/** What training has shown each channel to be worth: √q by path. */
export const utilitiesIn = (slots: Weights): Utilities =>
  Object.fromEntries(
    Object.entries(slots).flatMap(([name, { data }]) =>
      name.endsWith(`/scale/${slotNames.utility}`)
        ? [[parentOf(parentOf(name)), data.map(Math.sqrt)] as const]
        : [],
    ),
  )

/** The criterion of a push: what its slots have kept. */
export const losers: Criterion<Weights> = (_, slots) => E.right(utilitiesIn(slots))

/** What pruning by worth would compare: utilities by a power of the cost in what the goal counts. */
export const worth =
  ({ cost }: Losers, aim: Aim): Criterion<Weights> =>
  (model, slots) => {
    const counted = 'keep' in aim ? aim.keep : 'atMost' in aim ? aim.atMost : {}
    return perCost('macs' in counted ? 'macs' : 'params', cost)(losers)(model, slots)
  }

/** By layer with a norm, 1 at each channel that would go. */
const condemn = (losers: Losers, cut: Cut, model: Model, slots: Weights): E.Either<PruneError, Flags> =>
  pipe(
    E.Do,
    E.bind('inferred', () => infer(model.net)),
    E.bindW('by', () => worth(losers, cut.aim)(model, slots)),
    E.bindW('pruned', ({ by }) => prune(cutBy(cut, by))(model)),
    E.map(({ inferred, pruned }) =>
      [...inferred.values()].flatMap(({ path, layer, output }) => {
        if (!hasNorm(layer)) return []
        const stays = new Set(pruned.channels[path])
        return [
          [path, Float32Array.from({ length: channelsOf(output) }, (_, nth) => (stays.has(nth) ? 0 : 1))],
        ]
      }),
    ),
  )

/** By path, one number a channel. */
type Flags = readonly (readonly [Path, Float32Array])[]

const vector = (data: Float32Array): Tensor => ({ shape: [data.length], data })

/** ‖(γ, β)‖ of each channel. */
const reachOf = (weights: Weights, path: Path): Float32Array => {
  const shift = weights[keyOf(path, 'shift')]?.data
  return Float32Array.from(weights[keyOf(path, 'scale')]?.data ?? [], (scale, nth) =>
    Math.hypot(scale, shift?.[nth] ?? 0),
  )
}

const slotsFor = (weights: Weights, flags: Flags): Weights =>
  Object.fromEntries(
    flags.flatMap(([path, flag]) => [
      [slotOf(path, 'condemned'), vector(flag)],
      [slotOf(path, 'reach'), vector(reachOf(weights, path))],
    ]),
  )

/** At a phase's first step nobody is condemned; at the step told, those the cut to come would take are. */
export const verdicts =
  (losers: Losers, cut: Cut | null, { net, weights }: Model) =>
  (session: Session, step: number, steps: number): E.Either<PruneError, void> => {
    if (step !== 0 && step !== toldAt(losers, steps)) return E.right(undefined)
    const all = session.read()
    const now: Model = {
      net,
      weights: Object.fromEntries(
        Object.keys(weights).flatMap(key => (all[key] === undefined ? [] : [[key, all[key]]])),
      ),
    }
    return pipe(
      step === 0 || cut === null ? E.right(nobody(now)) : condemn(losers, cut, now, all),
      E.map(flags => session.write(slotsFor(now.weights, flags))),
    )
  }

const nobody = ({ weights }: Model): Flags =>
  Object.entries(weights).flatMap(([key, { data }]) =>
    key.endsWith('/scale') ? [[parentOf(key), new Float32Array(data.length)] as const] : [],
  )

const condemnedAt = (slots: Weights, path: Path): readonly number[] => {
  const flags = slots[slotOf(path, 'condemned')]?.data ?? new Float32Array()
  return [...flags.keys()].filter(channel => flags[channel] === 1)
}

/** What was told and faded, as a cut: channels by path, and the bodies of residuals that have none left. */
export interface Faded {
  readonly channels: Readonly<Record<Path, readonly number[]>>
  readonly bodies: readonly Path[]
}

/** A body's channels are tied to the sum's, which stay: a body that goes whole is told as such. */
export const fadedIn = (inferred: Inferred, slots: Weights): Faded => {
  const normed = [...inferred.values()].filter(({ layer }) => hasNorm(layer))
  const gone = ({ path, output }: Placed) => condemnedAt(slots, path).length === channelsOf(output)
  const bodies = [...inferred.values()].flatMap(({ path, layer }) => {
    if (layer._tag !== 'residual') return []
    const body = under(path, layer.body.name)
    const units = normed.filter(unit => within(body, unit.path))
    return units.length > 0 && units.every(gone) ? [{ path, body }] : []
  })
  const left = normed.filter(({ path }) => !bodies.some(({ body }) => within(body, path)))
  const channels = left.flatMap(({ path }) => {
    const told = condemnedAt(slots, path)
    return told.length === 0 ? [] : [[path, told] as const]
  })
  return { channels: Object.fromEntries(channels), bodies: bodies.map(({ path }) => path) }
}

/** Without what was told of channels; what they are worth stays. */
export const forget = (slots: Weights): Weights =>
  Object.fromEntries(
    Object.entries(slots).filter(
      ([name]) =>
        !name.endsWith(`/scale/${slotNames.condemned}`) && !name.endsWith(`/scale/${slotNames.reach}`),
    ),
  )
