/** The files of a run that a server keeps: its page, its model and its result. */
import { basename } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBytes } from '../../io/files.js'
import type { Folder } from '../../run/storage/folder.js'
import type { Address } from './address.js'
import type { TrackingFault, TrackingNote } from './error.js'
import { proxyPath, type RemoteRun, upload } from './service.js'

interface ArtifactOptions {
  readonly address: Address
  readonly onNote: (note: TrackingNote) => void
}

/** One that is not there is left out: the runs of a study have no page. */
const uploadFile = (address: Address, path: string, file: string): TE.TaskEither<TrackingFault, void> =>
  pipe(
    readBytes(file),
    TE.mapLeft((fault): TrackingFault => fault),
    TE.flatMap(bytes => upload(address, path, basename(file), new Uint8Array(bytes))),
    TE.orElse(fault => (fault._tag === 'FileMissing' ? TE.right(undefined) : TE.left(fault))),
  )

/** Uploads through the server's proxy; artifacts that lie elsewhere are told of, and stay in the folder. */
export const uploadArtifacts = (
  { address, onNote }: ArtifactOptions,
  remote: RemoteRun,
  { report, model, result }: Folder,
): TE.TaskEither<TrackingFault, void> => {
  const path = proxyPath(remote)
  if (path === null)
    return TE.fromIO(() =>
      onNote({ _tag: 'NoArtifactProxy', server: address.server, place: remote.artifacts }),
    )
  return pipe(
    [report, model, result],
    TE.traverseSeqArray(file => uploadFile(address, path, file)),
    TE.map(() => undefined),
  )
}
