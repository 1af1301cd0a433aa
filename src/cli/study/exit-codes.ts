/** The exit codes of a cell, by which a scheduler knows whether to try it again; the numbers are those of sysexits.h. */
import type { Fact } from '../../report/text/render-message.js'

/** Another process is at work on the cell, or a disk or network failed: the same command may succeed later. */
const tryAgain = 75

/** Study, data, engine or permissions must change first: the same command would fail in the same way. */
export const never = 78

const passing: readonly Fact['_tag'][] = [
  'RunLocked',
  'RunLost',
  'RunThere',
  'EngineFailed',
  'DownloadRefused',
  'QueueUnreachable',
  'QueueLost',
  'QueueRefused',
]

/** Errors of the system that pass: a disk that is full, a server of files that does not answer. */
const passingReason =
  /^(EAGAIN|EBUSY|EDQUOT|EHOSTDOWN|EHOSTUNREACH|EINTR|EIO|EMFILE|ENETDOWN|ENFILE|ENOLCK|ENOMEM|ENOSPC|ESTALE|ETIMEDOUT)\b/

const passes = (fact: Fact): boolean => {
  if (fact._tag !== 'FileFailed' && fact._tag !== 'ReadFailed') return passing.includes(fact._tag)
  const isDownload = fact._tag === 'ReadFailed' && /^https?:/.test(fact.file)
  return isDownload || passingReason.test(fact.reason)
}

/** The exit code of a cell that failed so. */
export const cellExitCode = (fact: Fact): number => (passes(fact) ? tryAgain : never)
