/** The exit codes of a cell, by which a scheduler knows whether to try it again; the numbers are those of sysexits.h. */
import type { Fact } from '../../report/text/messages.js'

/** Another process is at work on the cell, or a disk or network failed: the same command may succeed later. */
export const tryAgain = 75

/** Study, data, engine or arguments must change first: the same command would fail in the same way. */
export const never = 78

/** Errors of the system that stay until somebody changes permissions, mounts or paths. */
const lasting = /^(EACCES|EPERM|EROFS|ENOTDIR|EISDIR|ENAMETOOLONG|EMLINK)\b/

const passing: readonly Fact['_tag'][] = [
  'RunLocked',
  'RunLost',
  'RunThere',
  'ReadFailed',
  'EngineFailed',
  'DownloadRefused',
  'QueueUnreachable',
  'QueueLost',
]

/** The exit code of a cell that failed so. */
export const cellExitCode = (fact: Fact): number => {
  const passes = fact._tag === 'FileFailed' ? !lasting.test(fact.reason) : passing.includes(fact._tag)
  return passes ? tryAgain : never
}
