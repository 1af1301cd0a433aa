/** Any value as a short text, for messages: total, and in a time that does not grow with the value. */

const longest = 80
/** Members of a list or record that are shown. */
const mostMembers = 6
/** Records inside records that are shown. */
const levels = 2

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

const members = <A>(all: readonly A[], text: (each: A) => string): string =>
  [...all.slice(0, mostMembers).map(text), ...(all.length > mostMembers ? ['…'] : [])].join(',')

const within = (value: unknown, left: number): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longest))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (left === 0) return '…'
  const inner = (each: unknown) => within(each, left - 1)
  return Array.isArray(value)
    ? `[${members(value, inner)}]`
    : `{${members(Object.entries(value), ([key, each]) => `${JSON.stringify(key)}:${inner(each)}`)}}`
}

/**
 * @example
 * show({ epochs: Number.NaN })   // {"epochs":NaN}
 */
export const show = (value: unknown): string => cut(within(value, levels))
