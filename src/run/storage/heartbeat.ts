/**
 * A sign of life for other hosts: whoever holds a file writes to it again and again, in a thread of its own, as a step
 * may keep the main one busy for long.
 */
import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'

/** Milliseconds from sign to sign. */
const period = 10_000

/** Milliseconds without a sign after which a process of another host has ended; servers of files cache times for 60 s. */
export const lease = 120_000

/** Plain JavaScript, so that the thread needs no loader. A file that is gone is not made again. */
const source = `
const { openSync, writeSync, closeSync } = require('node:fs')
const { workerData: { file, period } } = require('node:worker_threads')
setInterval(() => {
  try {
    const handle = openSync(file, 'r+')
    writeSync(handle, 'p', 0)
    closeSync(handle)
  } catch {}
}, period)
`

/**
 * Begins to write the first letter of a file again and again, every so many milliseconds; gives back how to end that. A
 * short run has no thread.
 */
export const startHeartbeat = (file: string, every = period): (() => Promise<void>) => {
  let thread: Worker | null = null
  const begin = setTimeout(() => {
    thread = new Worker(source, { eval: true, execArgv: [], workerData: { file, period: every } })
    thread.once('error', () => undefined) // the process is at work all the same
    thread.unref()
  }, every).unref()
  return async () => {
    clearTimeout(begin)
    await thread?.terminate()
  }
}

/**
 * Whether a file is gone, or was last written to so long before another that its process has ended, by the clock of the
 * file system.
 */
export const isSilent = async (file: string, now: string): Promise<boolean> => {
  const at = await stat(now)
  const then = await stat(file).catch(() => null)
  return then === null || at.mtimeMs - then.mtimeMs > lease
}
