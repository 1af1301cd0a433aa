/** The machine that figures were measured on. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'

export interface Machine {
  readonly processor: string
  readonly cores: number
  /** Of the instruction sets that matter here, those it has. */
  readonly instructions: readonly string[]
  readonly gibibytes: number
  readonly node: string
}

const wanted = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'amx_tile', 'asimd']

/** What Linux says of the first core; elsewhere nothing is known. */
const flags = (): readonly string[] => {
  try {
    const line = readFileSync('/proc/cpuinfo', 'utf8').match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? ''
    return line.trim().split(/\s+/)
  } catch {
    return []
  }
}

export const machine = (): Machine => {
  const has = new Set(flags())
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    instructions: wanted.filter(each => has.has(each)),
    gibibytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  }
}

/** One line for the head of a table. */
export const machineLine = ({ processor, cores, instructions, gibibytes, node }: Machine): string =>
  `${processor}, ${cores} cores (${instructions.join(' ') || 'instruction sets unknown'}), ${gibibytes} GiB, node ${node}`
