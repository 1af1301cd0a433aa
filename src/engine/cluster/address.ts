/** Addresses of workers. The first worker needs the port for TensorFlow alone, the others that port and the next. */

/** Such as `10.0.0.2:2222`. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** One below the largest: the next port is TensorFlow's. */
const largestPort = 65_534

/** `null` where the text is no address. */
export const addressOf = (text: string): Address | null => {
  const [, host = '', digits = ''] = /^([\w.-]+):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  return host === '' || port < 1 || port > largestPort ? null : { host, port }
}

export const addressText = ({ host, port }: Address): string => `${host}:${port}`

/** Whether only this machine reaches it, as far as can be told without asking for the name. */
export const isOfThisMachine = ({ host }: Address): boolean => /^(127\.|localhost$)/.test(host)

/** Where the TensorFlow of a worker beside the first listens. */
export const serverOf = ({ host, port }: Address): Address => ({ host, port: port + 1 })

/** Where a worker's TensorFlow listens. */
export const serverAddress = (address: Address, rank: number): string =>
  addressText(rank === 0 ? address : serverOf(address))
