/** `espalier describe` */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type CheckedNet, infer } from '../net/infer.js'
import { describe } from '../report/tables/describe.js'
import { loadNet } from '../run/load.js'
import { end } from './exit.js'

interface DescribeArguments {
  readonly groups?: boolean
}

const groupsText = async (net: CheckedNet): Promise<string> => {
  const { describeGroups } = await import('../report/tables/groups.js')
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
