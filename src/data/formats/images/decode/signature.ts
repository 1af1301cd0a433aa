/** Recognises image formats by their first bytes. */

/** A format, and the bytes at given offsets of its files. */
type Signature = readonly [format: string, ...parts: (readonly [at: number, bytes: string])[]]

/** The supported formats, but for AVIF. */
const supported: readonly Signature[] = [
  ['JPEG', [0, '\xff\xd8\xff']],
  ['PNG', [0, '\x89PNG\r\n\x1a\n']],
  ['WebP', [0, 'RIFF'], [8, 'WEBP']],
  ['GIF', [0, 'GIF8']],
  ['TIFF', [0, 'II*\0']],
  ['TIFF', [0, 'MM\0*']],
  ['TIFF', [0, 'II+\0']],
  ['TIFF', [0, 'MM\0+']],
]

/** Formats of images and films that people have, and that the decoder does not read. */
const unsupported: readonly Signature[] = [
  ['BMP', [0, 'BM'], [6, '\0\0\0\0']],
  ['ICO', [0, '\0\0\x01\0']],
  ['JPEG 2000', [4, 'jP  ']],
  ['JPEG XL', [0, '\xff\x0a']],
  ['JPEG XL', [4, 'JXL ']],
  ['PSD', [0, '8BPS']],
  ['OpenEXR', [0, 'v/1\x01']],
  ['PDF', [0, '%PDF']],
]

/** Formats in a box of brands, as phones write them: the first of which a file names a brand. */
const brands: readonly (readonly [format: string, brand: RegExp])[] = [
  ['AVIF', /avi[fs]/],
  ['HEIC', /he[iv][cmsx]|mif1|msf1/],
  ['Canon raw', /crx /],
]

/** How many bytes hold the brands that matter; and how many appear in a message. */
const [boxLength, shownLength] = [64, 16]

/** The brands of a file, side by side: the box's length is its first four bytes; null where it has none. */
const brandsOf = (bytes: Uint8Array): string | null => {
  const head = Buffer.from(bytes.subarray(0, boxLength))
  if (head.length < 12 || head.toString('latin1', 4, 8) !== 'ftyp') return null
  return head.toString('latin1', 8, Math.max(12, head.readUInt32BE(0)))
}

/** The format of a file with brands: a film where no image's is among them. */
const brandedFormat = (named: string): string =>
  brands.find(([, brand]) => brand.test(named))?.[0] ?? 'a film'

/** The formats that the decoder reads. */
export const readableFormats: readonly string[] = [...new Set(supported.map(([format]) => format)), 'AVIF']

/** The format of a file by its first bytes; null where it is none that is known. */
export const formatOf = (bytes: Uint8Array): string | null => {
  const named = brandsOf(bytes)
  if (named !== null) return brandedFormat(named)
  const head = Buffer.from(bytes.subarray(0, shownLength)).toString('latin1')
  const matches = ([, ...parts]: Signature) => parts.every(([at, text]) => head.startsWith(text, at))
  return [...supported, ...unsupported].find(matches)?.[0] ?? null
}

/** The first bytes of what is of no known format. */
export const beginningOf = (bytes: Uint8Array): string => {
  const shown = Buffer.from(bytes.subarray(0, shownLength))
    .toString('latin1')
    .replace(/[^ -~]/g, '·')
  return bytes.length === 0 ? 'it is empty' : `it begins with '${shown}'`
}
