/** Which run of which server a folder is: remembered in the folder, so that a resumed run goes on as the same. */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed } from '../../io/codec.js'
import { readJson, writeJson } from '../../io/files.js'
import type { StoredRun } from '../../run/storage/stored-run.js'
import type { Address } from './address.js'
import type { TrackingFault } from './error.js'
import { parametersOf } from './parameters.js'
import { createRun, isMissing, logParameters, type RemoteRun, setStatus } from './service.js'

const file = ({ folder }: StoredRun): string => join(folder.path, 'mlflow.json')

const codec = closed({ server: t.string, experiment: t.string, run: t.string, artifacts: t.string })

/** The run that a folder was before on a server; `null` where it was none. */
const remembered = (run: StoredRun, { server }: Address): TE.TaskEither<TrackingFault, RemoteRun | null> =>
  pipe(
    readJson(codec)(file(run)),
    TE.map(known => (known.server === server ? known : null)),
    TE.orElse(() => TE.right<TrackingFault, RemoteRun | null>(null)),
  )

const tagsOf = ({ settings: { code, module } }: StoredRun): Readonly<Record<string, string>> => ({
  'mlflow.source.type': 'LOCAL',
  'mlflow.source.name': module ?? 'espalier',
  'espalier.version': code.version,
  ...(code.commit !== null && { 'mlflow.source.git.commit': code.commit }),
})

/** How runs are called on a server. */
export interface RemoteNames {
  readonly experiment: string
  readonly run: string
}

const make = (
  run: StoredRun,
  address: Address,
  names: RemoteNames,
): TE.TaskEither<TrackingFault, RemoteRun> =>
  pipe(
    createRun(address, names.experiment, names.run, tagsOf(run)),
    TE.mapLeft((fault): TrackingFault => fault),
    TE.tap(remote => writeJson(file(run))({ server: address.server, ...remote })),
    TE.tap(remote => logParameters(address, remote, parametersOf(run))),
  )

/** A server calls a run that was deleted there missing, or a wrong parameter. */
const isGone = (fault: TrackingFault): boolean =>
  fault._tag === 'ServerRefused' && (isMissing(fault) || fault.code === 'INVALID_PARAMETER_VALUE')

/** A run on a server; `isNew` where it has no metrics yet. */
export interface OpenedRun {
  readonly remote: RemoteRun
  readonly isNew: boolean
}

/** Running again, with the parameters that may not have got there; those of steps that have changed since are refused. */
const reopen = (
  run: StoredRun,
  address: Address,
  known: RemoteRun,
): TE.TaskEither<TrackingFault, OpenedRun> =>
  pipe(
    setStatus(address, known, 'RUNNING'),
    TE.tap(() =>
      pipe(
        logParameters(address, known, parametersOf(run)),
        TE.orElse(fault => (fault._tag === 'ServerRefused' ? TE.right(undefined) : TE.left(fault))),
      ),
    ),
    TE.map(() => ({ remote: known, isNew: false })),
  )

/** The run that a folder was before, running again; a new one where it was none, or the server has it no more. */
export const openRemote = (
  run: StoredRun,
  address: Address,
  names: RemoteNames,
): TE.TaskEither<TrackingFault, OpenedRun> => {
  const anew = pipe(
    make(run, address, names),
    TE.map(remote => ({ remote, isNew: true })),
  )
  return pipe(
    remembered(run, address),
    TE.flatMap(known =>
      known === null
        ? anew
        : pipe(
            reopen(run, address, known),
            TE.orElse(fault => (isGone(fault) ? anew : TE.left(fault))),
          ),
    ),
  )
}
