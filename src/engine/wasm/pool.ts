/**
 * Memories of closed sessions, kept for the next: the host frees a wasm memory only when it happens to collect
 * garbage, and nothing tells it how large that garbage is.
 */
import { type Memory, WebAssembly } from './host.js'

const page = 1 << 16
/** What 32-bit addresses reach: 4 GiB. */
const most = 1 << 16

export interface Pool {
  /** A memory of at least so many bytes, nobody else's until given back. What is in it is anything. */
  readonly take: (bytes: number) => Memory
  readonly give: (memory: Memory) => void
}

const fresh = (pages: number): Memory =>
  new WebAssembly.Memory({ initial: pages, maximum: most, shared: true })

const grown = (memory: Memory, pages: number): Memory => {
  memory.grow(Math.max(0, pages - memory.buffer.byteLength / page))
  return memory
}

/** Law  as many memories as there ever were sessions open at once, each as large as the largest it served */
export const emptyPool = (): Pool => {
  const free: Memory[] = []
  const size = ({ buffer }: Memory): number => buffer.byteLength
  return {
    take: bytes => {
      const pages = Math.ceil(bytes / page)
      if (pages > most)
        throw new RangeError(
          `${Math.ceil(bytes / 2 ** 20)} MiB wanted, where a wasm memory holds at most 4096`,
        )
      free.sort((a, b) => size(a) - size(b))
      const fit = free.findIndex(memory => size(memory) >= bytes)
      const [memory] = free.splice(fit < 0 ? free.length - 1 : fit, 1)
      return memory === undefined ? fresh(pages) : grown(memory, pages)
    },
    give: memory => {
      free.push(memory)
    },
  }
}
