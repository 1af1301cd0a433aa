/** Names given by users, as names of files and folders. */
import { createHash } from 'node:crypto'

/** Bytes; file systems allow 255, and suffixes are added. */
const longest = 100

const escaped = (character: string): string =>
  character === ' '
    ? '+'
    : [...new TextEncoder().encode(character)]
        .map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join('')

/**
 * A name as that of one file or folder, never of a path elsewhere: letters, digits, `-`, `_` and dots inside stay, a
 * space is `+`, all else is escaped. A name that is too long is cut and ends in its hash.
 *
 * Law  different names give different file names, none of them empty, hidden, `.` or `..`
 */
export const encodeFileName = (name: string): string => {
  const text = name.replace(/^\.|[^A-Za-z0-9._-]/gu, escaped)
  if (text === '') return '%'
  if (text.length <= longest) return text
  return `${text.slice(0, longest)}~${createHash('sha256').update(name).digest('hex').slice(0, 24)}`
}
