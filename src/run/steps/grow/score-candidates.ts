/** Candidates as they would grow now, each with the gradient that its zero weights would get. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { calibrationBatches } from '../../../learn/criteria/calibration.js'
import { statisticsAtEach } from '../../../learn/evaluation/statistics.js'
import { candidateGradients } from '../../../learn/growth/candidate-gradients.js'
import { candidateMacs } from '../../../learn/training-macs.js'
import { countMacs } from '../../../net/counts.js'
import type { Model } from '../../../net/weights.js'
import type { GrowError } from '../../../surgery/error.js'
import { type Grown, grow } from '../../../surgery/grow/grow.js'
import { withFreshName } from '../../../surgery/grow/insert-layer.js'
import type { ChannelStatistics, Growth } from '../../../surgery/grow/options.js'
import { anchorOf } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import type { Grow } from '../../schedule/steps.js'
import { calibrationFor, type StepContext, stepSeed } from '../step-context.js'
import { budgetOf, statisticsImages } from './growth-limits.js'

/** Images that gradients are the mean over. */
const gradientImages = 1000

/** A candidate: what it grows to, or why it cannot, and the norm of its gradient. */
export interface ScoredCandidate {
  readonly growth: Growth
  readonly grown: E.Either<GrowError, Grown>
  readonly gradient: number | null
}

/** The candidates that were scored, over so many images. */
export interface ScoredCandidates {
  readonly images: number
  readonly candidates: readonly ScoredCandidate[]
}

const hasAnchor = (growth: Growth): boolean => !('to' in growth) && !('widen' in growth)

/** The statistics of the input of each new module, in one pass. */
const statisticsOf = (
  context: StepContext,
  growths: readonly Growth[],
  model: Model,
): TE.TaskEither<RunError, ReadonlyMap<Growth, ChannelStatistics>> => {
  const anchored = growths.flatMap(growth => {
    const anchor = hasAnchor(growth) ? anchorOf(model.net)(growth) : null
    return anchor === null ? [] : [{ growth, anchor }]
  })
  const anchors = anchored.map(({ anchor }) => anchor)
  return anchors.length === 0
    ? TE.right(new Map())
    : pipe(
        statisticsAtEach(calibrationFor(context, statisticsImages), anchors)(model),
        TE.map(
          all => new Map(all.flatMap((each, nth) => (anchored[nth] ? [[anchored[nth].growth, each]] : []))),
        ),
      )
}

/** What has grown before may have made a module too narrow to pass its input on. Errors  NotExact */
const requirePreserved =
  ({ exact }: Grow) =>
  (grown: Grown): E.Either<GrowError, Grown> => {
    const {
      inexact: why,
      grown: [at = ''],
    } = grown
    return why === null || why._tag === 'Noisy' || why._tag === 'Scratch'
      ? E.right(grown)
      : E.left({ _tag: 'NotExact', at, why, widened: exact })
  }

/** Each candidate grown by itself, as it would be if it were chosen. */
const growEach = (context: StepContext, step: Grow, growths: readonly Growth[], model: Model) =>
  pipe(
    statisticsOf(context, growths, model),
    TE.map(all =>
      growths.map(growth => {
        const statistics = all.get(growth)
        const grown = grow({
          ...withFreshName(model.net)(growth),
          ...(statistics !== undefined && { statistics }),
          seed: stepSeed(context),
          exact: step.exact,
          budget: budgetOf(context, step),
        })(model)
        return { growth, grown: pipe(grown, E.flatMap(requirePreserved(step))) }
      }),
    ),
  )

const gradientsOf = (context: StepContext, growns: readonly Grown[], model: Model) => {
  const calibration = calibrationFor(context, gradientImages)
  const images = calibration.batch * calibrationBatches(calibration)
  const macs = countMacs(model)
  const added = growns.map(grown => countMacs(grown.model) - macs)
  return pipe(
    growns.length === 0 ? TE.right([]) : candidateGradients(calibration, growns)(model),
    TE.tapIO(() => () => context.addMacs(candidateMacs(images, macs, added))),
    TE.map(gradients => ({ images, gradients: new Map(gradients.map((each, nth) => [growns[nth], each])) })),
  )
}

/** Scores candidates on a model. Errors  those of learning; a candidate that cannot grow is no error */
export const scoreCandidates = (
  context: StepContext,
  step: Grow,
  growths: readonly Growth[],
  model: Model,
): TE.TaskEither<RunError, ScoredCandidates> =>
  pipe(
    growEach(context, step, growths, model),
    TE.bindTo('each'),
    TE.bindW('scored', ({ each }) =>
      gradientsOf(
        context,
        each.flatMap(({ grown }) => (E.isRight(grown) ? [grown.right] : [])),
        model,
      ),
    ),
    TE.map(({ each, scored: { images, gradients } }) => ({
      images,
      candidates: each.map(({ growth, grown }) => ({
        growth,
        grown,
        gradient: E.isRight(grown) ? (gradients.get(grown.right) ?? null) : null,
      })),
    })),
  )
