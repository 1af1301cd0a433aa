/** Messages on studies, their cells and queues. */

import { shortened } from '../decode-error.js'
import type { Messages } from '../fact.js'

/** Cells listed before the rest is counted. */
const mostCells = 5

const cellsText = (cells: readonly string[]): string => {
  const more = cells.length - mostCells
  return [...cells.slice(0, mostCells), ...(more > 0 ? [`${more} more`] : [])].join('; ')
}

/** What makes a process one of the others. */
const remedies: Readonly<Record<string, (began: string) => string>> = {
  code: code => `version ${code} of espalier`,
  engine: name => `--engine ${name}`,
  threads: threads => `--threads ${threads}`,
  'training images': take => (take === 'all' ? 'it without --take' : `--take ${take}`),
  'data checksum': () => 'the data that they have',
}

/** What a server's words mean, where they do not say it. */
const serverErrors: readonly (readonly [RegExp, string])[] = [
  [/^NOAUTH/, 'NOAUTH: it needs a password, as in redis://:PASSWORD@HOST:6379'],
  [/^Unknown RESP type/, 'it does not speak the protocol of Redis'],
]

const serverError = (reason: string): string =>
  serverErrors.find(([pattern]) => pattern.test(reason))?.[1] ?? reason

export const studyMessages = {
  SameFolder: ({ study, first, second }) =>
    `study ${study}: expected a folder for each variant, got one for '${first}' and '${second}'; try names that differ by more than case`,
  NoSuchSeed: ({ seed, seeds }) => `--seeds: expected whole numbers from 0 to ${seeds - 1}, got ${seed}`,
  CellsDiffer: ({ study, expected, got }) =>
    `--cell: expected one of the ${expected} cells of study ${study}, got one of ${got}; try --cell K/${expected}, or the file that the others have`,
  CellsFailed: ({ cells }) =>
    `${cellsText(cells)}: expected to come to the end, got stopped; what was done is kept; try the same command again`,
  StudyDiffers: ({ file, what, began, now }) =>
    `${file}: expected ${what} ${shortened(began)}, as all who work on this study have, got ${shortened(now)}; try ${(remedies[what] ?? (() => 'the same study file'))(began)}, or another --out`,
  CellDiffers: ({ file, began, now }) =>
    `${file}: expected the model ${began.slice(0, 12)}… again, got ${now.slice(0, 12)}…; the first result stays; try the same kind of processor for all, or delete that file`,
  QueueUnreachable: ({ url, reason }) =>
    `${url}: expected a Redis server that takes writes, got an error (${serverError(reason)}); try redis-cli -u ${url} set bull:espalier 1`,
  QueueLost: ({ url, seconds, refusal }) =>
    `${url}: expected an answer, got ${refusal ?? 'none'} for ${seconds} s; what was done is kept; try the same command again`,
  QueueRefused: ({ url, refusal }) =>
    `${url}: expected a server that does what BullMQ asks, got ${refusal}; what was done is kept; try a single Redis server, 5.0 or later, and a user of it with all rights`,
} satisfies Partial<Messages>
