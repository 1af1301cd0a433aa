/** Writes arrays as an HDF5 file in memory. */
import type { Tensor } from '../../../net/weights.js'
import type { Hdf5Library } from './library.js'

/** An array and its path: `layers/conv2d/vars/0`. */
export type NamedArray = readonly [path: string, tensor: Tensor]

/** The groups that a path lies in, from the outside in. */
const groupsOf = (path: string): readonly string[] => {
  const names = path.split('/').slice(0, -1)
  return names.map((_, nth) => names.slice(0, nth + 1).join('/'))
}

/** The oldest form with small groups: those of a few members take a hundred bytes and not a thousand. */
const compact = 'v108'

/** Keeps no more of the file than its bytes. */
export const writeHdf5 =
  ({ File, files }: Hdf5Library) =>
  (arrays: readonly NamedArray[]): Uint8Array => {
    const path = `/${crypto.randomUUID()}.h5`
    const file = new File(path, 'w', { libver: compact })
    for (const group of new Set(arrays.flatMap(([name]) => groupsOf(name)))) file.create_group(group)
    for (const [name, { shape, data }] of arrays) file.create_dataset({ name, data, shape: [...shape] })
    file.close()
    const bytes = files.readFile(path)
    files.unlink(path)
    return bytes
  }
