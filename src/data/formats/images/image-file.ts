/** Recognises images by their names. */

/**
 * Extensions of images, including unsupported formats: decoding then reports such an image, where it would otherwise be
 * left out.
 */
export const imageExtensions =
  /\.(a?png|avif|bmp|dib|exr|gif|hei[cf]|ico|j2k|jfif|jp2|jpe?g|jpe|jxl|p[bgnp]m|psd|svgz?|tga|tiff?|webp)$/i

/** The names in a path, without empty ones and `.`. */
export const partsOf = (path: string): readonly string[] =>
  path.split('/').filter(part => part !== '' && part !== '.')

/** Whether a file or folder is hidden. */
export const isHidden = (name: string): boolean => name.startsWith('.') || name === '__MACOSX'

/** Files that operating systems leave in folders; they are ignored without notice. */
const systemFiles = ['.DS_Store', 'Thumbs.db', 'desktop.ini']

/** The kind of a file, by its path. */
export const kindOfFile = (path: string): 'image' | 'hidden' | 'other ending' | 'clutter' => {
  const parts = partsOf(path)
  const name = parts.at(-1) ?? ''
  if (systemFiles.includes(name)) return 'clutter'
  if (parts.some(isHidden)) return imageExtensions.test(name) ? 'hidden' : 'clutter'
  return imageExtensions.test(name) ? 'image' : 'other ending'
}
