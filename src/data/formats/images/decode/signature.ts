/** Recognises supported image formats by their first bytes. */

/** The supported formats, and the bytes at given offsets of their files. */
const signatures: readonly (readonly [format: string, ...parts: (readonly [at: number, bytes: string])[]])[] =
  [
    ['JPEG', [0, '\xff\xd8\xff']],
    ['PNG', [0, '\x89PNG\r\n\x1a\n']],
    ['WebP', [0, 'RIFF'], [8, 'WEBP']],
    ['GIF', [0, 'GIF8']],
    ['TIFF', [0, 'II*\0']],
    ['TIFF', [0, 'MM\0*']],
    ['TIFF', [0, 'II+\0']],
    ['TIFF', [0, 'MM\0+']],
    ['AVIF', [4, 'ftyp']],
  ]

const formats = [...new Set(signatures.map(([format]) => format))].join(', ')

/** How many bytes identify the format and appear in a message. */
const headLength = 16

/** Why bytes are no image of a supported format; null where they are one. */
export const explainUnsupported = (bytes: Uint8Array): string | null => {
  const head = Buffer.from(bytes.subarray(0, headLength)).toString('latin1')
  if (signatures.some(([, ...parts]) => parts.every(([at, text]) => head.startsWith(text, at)))) return null
  const shown = head.replace(/[^ -~]/g, '·')
  return `${bytes.length === 0 ? 'it is empty' : `it begins with '${shown}'`}; ${formats} can be read`
}
