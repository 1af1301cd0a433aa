/** A schedule checked on nets alone, before anything trains: what cannot be is refused at once. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode } from '../../io/codec.js'
import { infer } from '../../net/infer.js'
import type { RunError } from '../error.js'
import { checkSteps } from '../steps/machine.js'
import { checkedCodec } from './codec.js'
import type { Experiment } from './experiment.js'
import { checkFunctions } from './functions.js'

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
