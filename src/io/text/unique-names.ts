/** Names that nothing has yet. */
import { addTo } from '../count.js'

/**
 * Each name as it is at first, then with a suffix; never one of `reserved`.
 *
 * @example
 * const unique = uniqueNames()
 * unique('conv')   // conv
 * unique('conv')   // conv_1
 */
export const uniqueNames = (reserved: readonly string[] = []): ((name: string) => string) => {
  const uses = new Map(reserved.map(name => [name, 1]))
  const uniqueName = (name: string): string => {
    const before = addTo(uses, name) - 1
    return before === 0 ? name : uniqueName(`${name}_${before}`)
  }
  return uniqueName
}

/**
 * Each name numbered from the second on; never one that `isUsed` says is taken.
 *
 * @example
 * const numbered = numberedNames(name => name === 'conv2')
 * numbered('conv')   // conv
 * numbered('conv')   // conv3
 */
export const numberedNames = (
  isUsed: (name: string) => boolean,
  separator = '',
): ((name: string) => string) => {
  const numbers = new Map<string, number>()
  return name => {
    for (;;) {
      const nth = addTo(numbers, name)
      const numbered = nth === 1 ? name : `${name}${separator}${nth}`
      if (!isUsed(numbered)) return numbered
    }
  }
}
