/** Two network namespaces and a cable between them: two machines, as far as programs can tell, and one can be cut off. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** Who is not root is root of a user namespace. */
const isRoot = process.getuid?.() === 0
const unshare = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--net']

const cable = ['ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far']

/** Why there are none here; `null` where there can be. */
export const whyNoMachines = (): string | null => {
  const [program = '', ...args] = [...unshare, ...cable]
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? null : (error?.message ?? stderr.trim())
}

export interface Machines {
  /** Their addresses. */
  readonly hosts: readonly [string, string]
  /** What a program and its arguments follow, to run on one of them. */
  readonly on: readonly [readonly string[], readonly string[]]
  /** Takes the cable out. */
  readonly cut: () => void
}

const at = ({ pid }: ChildProcess): readonly string[] => [
  ...['nsenter', '--target', `${pid}`, '--net'],
  ...(isRoot ? [] : ['--user']),
]

/** A process that holds a namespace of its own, until the test has ended. */
const hold = async (program: readonly string[]): Promise<ChildProcess> => {
  const [file = '', ...args] = [...program, 'sh', '-c', 'echo ready; exec sleep infinity']
  const holder = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  return holder
}

const run = (program: readonly string[], ...args: readonly string[]): void => {
  const [file = '', ...all] = [...program, ...args]
  const { status, stderr } = spawnSync(file, all, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
}

const plugIn = (machine: readonly string[], end: string, address: string): void => {
  run(machine, 'ip', 'address', 'add', `${address}/24`, 'dev', end)
  for (const device of [end, 'lo']) run(machine, 'ip', 'link', 'set', device, 'up')
}

export const linkMachines = async (): Promise<Machines> => {
  const hosts = ['10.111.0.1', '10.111.0.2'] as const
  const first = await hold(unshare)
  const second = await hold([...at(first), 'unshare', '--net'])
  const on = [at(first), at(second)] as const
  run(on[0], ...cable)
  run(on[0], 'ip', 'link', 'set', 'far', 'netns', `${second.pid}`)
  plugIn(on[0], 'near', hosts[0])
  plugIn(on[1], 'far', hosts[1])
  return { hosts, on, cut: () => run(on[0], 'ip', 'link', 'set', 'near', 'down') }
}
