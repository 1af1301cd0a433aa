/** `espalier describe` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import { differenceText, netDifference } from '../../report/explain/difference.js'
import { describe } from '../../report/tables/describe.js'
import type { RunError } from '../../run/error.js'
import { loadNet } from '../../run/load/net.js'
import { end } from '../exit.js'

interface DescribeArguments {
  readonly groups?: boolean
}

const groupsText = async (net: CheckedNet): Promise<string> => {
  const { describeGroups } = await import('../../report/tables/groups.js')
  return describeGroups(net)
}

export const describeFile = (file: string, { groups = false }: DescribeArguments = {}): Promise<void> =>
  end(
    pipe(
      loadNet(file),
      TE.flatMapEither(infer),
      TE.flatMapTask(net => () => (groups ? groupsText(net) : Promise.resolve(describe(net)))),
    ),
    text => process.stdout.write(`${text}\n`),
  )

const loadChecked = (file: string): TE.TaskEither<RunError, CheckedNet> =>
  pipe(
    loadNet(file),
    TE.flatMapEither(net =>
      pipe(
        infer(net),
        E.mapLeft((error): RunError => error),
      ),
    ),
  )

export const describeDifference = (before: string, after: string, json: boolean): Promise<void> =>
  end(
    pipe(
      TE.Do,
      TE.bind('was', () => loadChecked(before)),
      TE.bind('is', () => loadChecked(after)),
      TE.map(({ was, is }) => netDifference(was, is)),
    ),
    difference => process.stdout.write(`${json ? JSON.stringify(difference) : differenceText(difference)}\n`),
  )
