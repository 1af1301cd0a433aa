/** `espalier describe` */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Inferred, infer } from '../net/infer.js'
import type { Net } from '../net/tree.js'
import { describe } from '../report/tables/describe.js'
import { loadNet } from '../run/load.js'
import { end } from './exit.js'

interface DescribeArguments {
  readonly groups?: boolean
}

const groupsText = async (net: Net, inferred: Inferred): Promise<string> => {
  const [{ groups }, { describeGroups }] = await Promise.all([
    import('../net/groups.js'),
    import('../report/tables/groups.js'),
  ])
  return describeGroups(net, inferred, groups(inferred))
}

export const describeFile = (file: string, { groups = false }: DescribeArguments = {}): Promise<void> =>
  end(
    pipe(
      loadNet(file),
      TE.flatMapEither(net =>
        pipe(
          infer(net),
          E.map(inferred => ({ net, inferred })),
        ),
      ),
      TE.flatMapTask(
        ({ net, inferred }) =>
          () =>
            groups ? groupsText(net, inferred) : Promise.resolve(describe(net, inferred)),
      ),
    ),
    text => process.stdout.write(`${text}\n`),
  )
