/** What the arguments of commands may be, and how they are read. */
import { InvalidArgumentError } from 'commander'
import { type Target, targets } from '../convert/target.js'
import { type Address, addressOf, addressText } from '../engine/cluster/address.js'
import { largestSeed } from '../net/limits/limits.js'
import type { CountedAmount, LatencyAmount } from '../surgery/prune/target.js'
import type { CellNumber } from './study/options.js'

/** Whole numbers in digits, of which `least` is the smallest. */
const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const n = Number(text)
    if (/^\d+$/.test(text) && n >= least && n <= most) return n
    const range =
      most === Number.MAX_SAFE_INTEGER ? `≥ ${least}` : `from ${least} to ${most.toLocaleString('en')}`
    throw new InvalidArgumentError(`expected a whole number ${range}`)
  }

export const positive = whole(1)

export const seed = whole(0, largestSeed)

/** More than any machine has cores. */
const mostThreads = 1024
export const threads = whole(1, mostThreads)

export const seeds = (text: string): readonly number[] => text.split(',').map(seed)

/** One of so many cells, as in `3/20`; the first is 0. */
export const cell = (text: string): CellNumber => {
  const [, index, of] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number)
  if (index === undefined || of === undefined || index >= of)
    throw new InvalidArgumentError('expected K/N, cell K of N, with K from 0 to N − 1, as in 3/20')
  return { index, of }
}

/** The address of a queue. */
export const queue = (text: string): string => {
  if (!/^rediss?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''))
    throw new InvalidArgumentError('expected an address such as redis://localhost:6379')
  return text
}

const address = (text: string): Address => {
  const found = addressOf(text.trim())
  if (found === null) throw new InvalidArgumentError('expected HOST:PORT, as in 10.0.0.2:2222')
  return found
}

/** Where a worker listens: a port alone is one of this machine alone. */
export const listening = (text: string): Address => address(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text)

/** The addresses of a cluster, this machine's first. */
export const cluster = (text: string): readonly Address[] => {
  const addresses = text.split(',').map(address)
  if (addresses.length < 2 || new Set(addresses.map(addressText)).size < addresses.length)
    throw new InvalidArgumentError(
      'expected two addresses or more, all different, that of this machine first',
    )
  return addresses
}

export const formats = (text: string): readonly Target[] =>
  text.split(',').map(name => {
    const target = targets.find(known => known === name.trim())
    if (target === undefined)
      throw new InvalidArgumentError(`expected any of ${targets.join(', ')}, joined by commas`)
    return target
  })

/** What a prune keeps, as in `macs=0.5`. */
export const amount = (text: string): CountedAmount | LatencyAmount => {
  const [, measure = '', digits = ''] = /^(params|macs|bytes|latency)=(.+)$/.exec(text) ?? []
  const share = Number(digits)
  if (!(share > 0 && share <= 1))
    throw new InvalidArgumentError(
      'expected params, macs, bytes or latency and a share above 0 and up to 1, as in macs=0.5',
    )
  return { [measure]: share } as never // of the measures just matched
}

/** Criteria that look at images. */
export const imageCriteria = [
  'taylor',
  'lda',
  'fStatistic',
  'deconvTrace',
  'discriminantTrace',
  'gradientTrace',
]
/** Criteria that look at the weights alone. */
export const weightCriteria = ['l1', 'l2', 'bnScale', 'random']
