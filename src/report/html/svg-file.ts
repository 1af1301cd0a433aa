/** A drawing as a file of its own: it holds its colours, light and dark, on a ground that suits both. */
import { type Element, element, renderNode } from './element.js'
import { palette } from './style.js'

const style = `${palette}
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink); }`

/** Law  the file names no address but that of SVG itself */
export const svgFile = (
  { width, height, label }: { readonly width: number; readonly height: number; readonly label: string },
  ...drawn: readonly Element[]
): string =>
  `${renderNode(
    element(
      'svg',
      {
        xmlns: 'http://www.w3.org/2000/svg',
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        role: 'img',
        'aria-label': label,
      },
      element('title', {}, label),
      element('style', {}, { markup: style }),
      element('rect', { width, height, rx: 8, fill: 'var(--card)' }),
      ...drawn,
    ),
  )}\n`
