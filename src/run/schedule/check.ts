/** What is checked before anything trains, on nets alone and beside the data: what cannot be is refused at once. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../../data/dataset.js'
import { decode } from '../../io/codec.js'
import { checkTraining } from '../../learn/check-options.js'
import { checkData } from '../../learn/evaluation/check-data.js'
import { checkClasses } from '../../learn/training/transforms.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import type { RunError } from '../error.js'
import { checkOriginClasses } from '../standalone/origin.js'
import { kindOf } from '../steps/index.js'
import type { CheckContext, CheckResult, CheckState } from '../steps/kind.js'
import { trainingsIn } from '../steps/machine.js'
import { checkedCodec } from './codec.js'
import type { Experiment } from './experiment.js'
import { checkFunctions } from './functions.js'
import { neighboursOfStep } from './neighbours.js'
import type { Step } from './steps.js'

/** Checks steps one after another. */
const checkSteps =
  (around: CheckContext, steps: readonly Step[]) =>
  (state: CheckState): CheckResult =>
    steps.reduce<CheckResult>((before, step, nth) => {
      const context: CheckContext = {
        ...around,
        ...neighboursOfStep(steps, nth, around),
        at: around.at === '' ? `${nth}` : `${around.at}/${nth}`,
      }
      return pipe(before, E.flatMap(kindOf(step).check(context, step)))
    }, E.right(state))

/**
 * Checks a schedule; `validation`: how many images there are to judge by.
 *
 * Errors  DecodeError; those of `infer`; those a run would come to, as far as the nets alone tell: NoFunction, SameName,
 *         UnknownPath, WrongOption, NoDecision,
 *         NoEvidence, NoTeacher, NoTarget, NoValidation, OneValue; OutOfReach of a first cut; of growing, what does not fit
 */
export const checkSchedule =
  (validation: number) =>
  ({ net, schedule }: Pick<Experiment, 'net' | 'schedule'>): E.Either<RunError, void> =>
    pipe(
      decode(checkedCodec)({ net, schedule }),
      E.mapLeft((error): RunError => error),
      E.tap(() => checkFunctions(schedule)),
      E.flatMap(() => infer(net)),
      E.flatMap(checked =>
        checkSteps(
          { at: '', target: null, push: null, prune: null, validation, checkSteps },
          schedule,
        )({ net: checked, evidence: false, teacher: false, cut: false }),
      ),
      E.asUnit,
    )

/**
 * Whether an experiment could be run on this data, by what is known before anything trains; `net`: the one it goes on with.
 *
 * Errors  ClassesDiffer, DataDiffers, OneClass, TooFewImages, WrongOption, BadOption of class weights; those of
 *         `checkSchedule`
 */
export const checkRun =
  (dataset: Dataset, experiment: Experiment) =>
  (net: CheckedNet): E.Either<RunError, void> =>
    pipe(
      checkOriginClasses(dataset, experiment.from)(net),
      E.flatMap((): E.Either<RunError, void> => checkData(dataset)(net)),
      E.flatMap(() => checkClasses(dataset)),
      E.flatMap(() => pipe(trainingsIn(experiment.schedule), E.traverseArray(checkTraining(dataset)))),
      E.flatMap(() => checkSchedule(dataset.validation.size)(experiment)),
    )
