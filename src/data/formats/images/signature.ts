/** Whether bytes are an image of a format that is read: their first bytes say so, names and endings do not. */

/** The formats that are read, and what their files begin with: bytes, and where. */
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

/** Bytes that tell the format, and that a message shows. */
const headLength = 16

/** Why bytes are no image of a format that is read; null where they are. */
export const foreign = (bytes: Buffer): string | null => {
  const head = bytes.toString('latin1', 0, headLength)
  if (signatures.some(([, ...parts]) => parts.every(([at, text]) => head.startsWith(text, at)))) return null
  const shown = head.replace(/[^ -~]/g, '·')
  return `${bytes.length === 0 ? 'it is empty' : `it begins with '${shown}'`}; ${formats} can be read`
}
