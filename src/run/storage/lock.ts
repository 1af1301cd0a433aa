/**
 * One process a run's folder: each puts an empty file there that names it, and looks for those of others. Of two
 * that do so at once, the later one sees the other's, so that never both go on. Who goes on writes in its file, again
 * and again, so that other hosts see when it has ended.
 */

import { existsSync } from 'node:fs'
import { open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isCode } from '../../io/exception.js'
import { fileFailed, makeFolders } from '../../io/files.js'
import { isGone, type Owner, ownerIn, ownerText, thisProcess } from '../../io/process-owner.js'
import type { RunError } from '../error.js'
import type { Note } from '../notes.js'
import { isSilent, startHeartbeat } from './heartbeat.js'

const prefix = 'lock.'

const fileOf = (folder: string, owner: Owner): string => join(folder, `${prefix}${ownerText(owner)}`)

const byName = (a: Owner, b: Owner): number => (ownerText(a) < ownerText(b) ? -1 : 1)

const ownersIn = async (folder: string): Promise<readonly Owner[]> =>
  (await readdir(folder)).flatMap(name =>
    name.startsWith(prefix) ? (ownerIn(name.slice(prefix.length)) ?? []) : [],
  )

/** Milliseconds from look to look, and looks: far more than any process needs to find that it must withdraw. */
const pause = 20
const patience = 200

/** Whether its process has the folder already; else it is looking, too. */
const isHeld = async (folder: string, owner: Owner): Promise<boolean> =>
  (await readFile(fileOf(folder, owner), 'utf8').catch(() => '')) !== ''

/** Whether a process has ended; of another host, whether it has given no sign of life for long. */
const hasEnded = async (folder: string, owner: Owner, self: Owner): Promise<boolean> =>
  isGone(owner) || (owner.host !== self.host && (await isSilent(fileOf(folder, owner), fileOf(folder, self))))

/** The processes that have files in a folder, by whether they have ended. */
const othersIn = async (folder: string, self: Owner) => {
  const others = (await ownersIn(folder)).filter(owner => ownerText(owner) !== ownerText(self))
  const ended = await Promise.all(others.map(owner => hasEnded(folder, owner, self)))
  return {
    ended: others.filter((_, nth) => ended[nth] === true),
    running: others.filter((_, nth) => ended[nth] === false).toSorted(byName),
  }
}

/** Who else holds the folder. Of several that have just come, the first by name waits for the others to withdraw. */
const holderBeside = async (folder: string, self: Owner, looks = patience): Promise<Owner | null> => {
  const [holder = null] = (await othersIn(folder, self)).running
  const mine = ownerText(self)
  if (holder === null || looks === 0 || ownerText(holder) < mine || (await isHeld(folder, holder)))
    return holder
  await setTimeout(pause)
  return holderBeside(folder, self, looks - 1)
}

/** Lets go of what processes that have ended held. */
const takeOver = async (folder: string, self: Owner, onNote: (note: Note) => void): Promise<void> => {
  for (const owner of (await othersIn(folder, self)).ended) {
    await rm(fileOf(folder, owner), { force: true })
    onNote({ _tag: 'LockTakenOver', folder, pid: owner.pid })
  }
}

const locked = (folder: string, { pid, host }: Owner): RunError => ({ _tag: 'RunLocked', folder, pid, host })

/** Whether this process's file is there now, and was not before. */
const claim = async (file: string): Promise<boolean> => {
  try {
    await (await open(file, 'wx')).close()
    return true
  } catch (reason) {
    if (isCode('EEXIST')(reason)) return false
    throw reason
  }
}

/** Takes the folder; gives back how to let go of it. */
const take = async (
  folder: string,
  onNote: (note: Note) => void,
): Promise<E.Either<RunError, () => Promise<void>>> => {
  const self = thisProcess()
  const file = fileOf(folder, self)
  const release = () => rm(file, { force: true })
  makeFolders(folder)
  if (!(await claim(file))) return E.left(locked(folder, self))
  try {
    const holder = await holderBeside(folder, self)
    if (holder !== null) {
      await release()
      return E.left(locked(folder, holder))
    }
    await writeFile(file, `process ${self.pid} on ${self.host}\n`)
    await takeOver(folder, self, onNote)
    const endHeartbeat = startHeartbeat(file)
    return E.right(() => endHeartbeat().then(release))
  } catch (reason) {
    await release()
    throw reason
  }
}

/**
 * Whether this process still holds a folder: one that was asleep, or cut off from the disk, may have been given up.
 *
 * Errors  RunLost
 */
export const requireHeld = (folder: string): TE.TaskEither<RunError, void> =>
  existsSync(fileOf(folder, thisProcess())) ? TE.right(undefined) : TE.left({ _tag: 'RunLost', folder })

/**
 * Makes a folder where there is none, holds it while `use` runs, and lets go of it whatever came of that. What
 * processes that were killed hold is taken over, which is told.
 *
 * Errors  RunLocked where another process holds it, or this one does already; FileFailed
 * Law     never do two at once hold a folder; of several that want it at once, one gets it
 */
export const holdingFolder =
  (folder: string, onNote: (note: Note) => void) =>
  <A>(use: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    pipe(
      TE.tryCatch(() => take(folder, onNote), fileFailed(folder)),
      TE.flatMapEither(taken => taken),
      TE.flatMap(release => async () => {
        try {
          return await use()
        } finally {
          await release()
        }
      }),
    )
