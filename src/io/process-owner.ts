/** Processes by name, so that what one has left behind can be told from what another still holds. */

import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { isCode } from './exception.js'
import { encodeFileName } from './text/file-name.js'

export interface Owner {
  readonly pid: number
  /** When it started, in the system's own count; empty where the system does not say. Process ids come round again. */
  readonly started: string
  /** As part of a file's name. */
  readonly host: string
}

const zombie = 'Z'

/** State and start of a process, where the system says; its name may hold spaces and brackets. */
const statusOf = (pid: number): { readonly state: string; readonly started: string } => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { state: fields[0] ?? '', started: fields[19] ?? '' }
  } catch {
    return { state: '', started: '' }
  }
}

/** A process of this host. */
export const processOf = (pid: number): Owner => ({
  pid,
  started: statusOf(pid).started,
  host: encodeFileName(hostname()),
})

export const thisProcess = (): Owner => processOf(process.pid)

const answers = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (reason) {
    return !isCode('ESRCH')(reason)
  }
}

/** Whether a process of this host has ended. Of another host nobody knows: its processes count as running. */
export const isGone = ({ pid, started, host }: Owner): boolean => {
  if (host !== thisProcess().host) return false
  const now = statusOf(pid)
  return !answers(pid) || now.state === zombie || (now.started !== '' && now.started !== started)
}

/** As part of a file's name. */
export const ownerText = ({ pid, started, host }: Owner): string => `${pid}.${started}.${host}`

/** Law  `ownerIn(ownerText(owner))` is that owner; `null` for any text that names none */
export const ownerIn = (text: string): Owner | null => {
  const [, pid, started = '', host = ''] = /^(\d+)\.(\d*)\.([^/]+)$/.exec(text) ?? []
  return pid === undefined ? null : { pid: Number(pid), started, host }
}
