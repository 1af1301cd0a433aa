/**
 * Reuses the memories of closed sessions: the host frees a wasm memory only at some garbage collection, which ignores
 * the size of the memory.
 */
import { type Memory, WebAssembly } from './host.js'

const pageBytes = 1 << 16
/** The pages that 32-bit addresses reach: 4 GiB. */
const maxPages = 1 << 16

export interface Pool {
  /** A memory of at least this many bytes, exclusive until given back. Its content is undefined. */
  readonly take: (bytes: number) => Memory
  readonly give: (memory: Memory) => void
}

const allocate = (pages: number): Memory =>
  new WebAssembly.Memory({ initial: pages, maximum: maxPages, shared: true })

const growTo = (memory: Memory, pages: number): Memory => {
  memory.grow(Math.max(0, pages - memory.buffer.byteLength / pageBytes))
  return memory
}

/** Law  never more memories than sessions were open at once */
export const emptyPool = (): Pool => {
  const unused: Memory[] = []
  const size = ({ buffer }: Memory): number => buffer.byteLength
  return {
    take: bytes => {
      const pages = Math.ceil(bytes / pageBytes)
      if (pages > maxPages)
        throw new RangeError(`wasm memory: expected at most 4096 MiB, got ${Math.ceil(bytes / 2 ** 20)} MiB`)
      unused.sort((a, b) => size(a) - size(b))
      const fit = unused.findIndex(memory => size(memory) >= bytes)
      const [memory] = unused.splice(fit < 0 ? unused.length - 1 : fit, 1)
      return memory === undefined ? allocate(pages) : growTo(memory, pages)
    },
    give: memory => {
      unused.push(memory)
    },
  }
}
