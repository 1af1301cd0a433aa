/** Which files of a set are its images, by their names. */

/**
 * Endings of images. Some are of formats that cannot be read: a file of that name is an image all the same, and is told
 * when it is decoded, not passed over.
 */
const endings =
  /\.(a?png|avif|bmp|dib|exr|gif|hei[cf]|ico|j2k|jfif|jp2|jpe?g|jpe|jxl|p[bgnp]m|psd|svgz?|tga|tiff?|webp)$/i

/** The parts of a path, without those that say nothing. */
export const partsOf = (path: string): readonly string[] =>
  path.split('/').filter(part => part !== '' && part !== '.')

/** Whether a name is that of a file or folder that systems and tools hide. */
export const isHidden = (name: string): boolean => name.startsWith('.') || name === '__MACOSX'

/** What systems leave in every folder: not worth a word. */
const clutter = ['.DS_Store', 'Thumbs.db', 'desktop.ini']

/** What a file is to a data set, by its path. */
export const kindOfFile = (path: string): 'image' | 'hidden' | 'other ending' | 'clutter' => {
  const parts = partsOf(path)
  const name = parts.at(-1) ?? ''
  if (clutter.includes(name)) return 'clutter'
  if (parts.some(isHidden)) return endings.test(name) ? 'hidden' : 'clutter'
  return endings.test(name) ? 'image' : 'other ending'
}
