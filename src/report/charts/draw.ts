/** Draws the charts in a page's tree with Vega, where it is installed: only a picture needs it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TopLevelSpec } from 'vega-lite'
import type { NativeError } from '../../engine/error.js'
import { type Element, element, type Node } from '../html/element.js'
import { missing } from '../html/parts.js'
import { renderMessage } from '../text/render-message.js'

/** A chart to be drawn: what it shows in words, and its specification at a width in pixels. */
export interface Chart {
  readonly label: string
  readonly spec: (width: number) => TopLevelSpec
  /** Whether it is as wide as the page, and drawn once more for narrow screens. */
  readonly wide?: boolean
}

/** A place in a page where a chart is to be drawn. */
export interface ChartLeaf {
  readonly chart: Chart
}

export type PackageMissing = Extract<NativeError, { readonly _tag: 'PackageMissing' }>

/** A specification as an SVG. */
export type Draw = (spec: TopLevelSpec) => Promise<string>

/** Errors  PackageMissing */
export const loadVega: TE.TaskEither<PackageMissing, Draw> = pipe(
  TE.tryCatch(
    () => Promise.all([import('vega'), import('vega-lite')]),
    (): PackageMissing => ({ _tag: 'PackageMissing', name: 'vega', mend: 'npm install vega@6 vega-lite@6' }),
  ),
  TE.map(
    ([{ parse, View }, { compile }]) =>
      spec =>
        new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG(),
  ),
)

/** Widths in pixels: of the page, of a column, and of a narrow screen. */
const widths = { page: 1040, column: 350, narrow: 350 } as const

/** What is inside an SVG's root, its ids made this page's own, and the root's view box. */
const unwrap = (svg: string, prefix: string): readonly [box: string, inside: string] => {
  const [root = '', box = ''] = /^<svg[^>]*?viewBox="([^"]*)"[^>]*>/.exec(svg) ?? []
  const inside = svg.slice(root.length, svg.lastIndexOf('</svg>'))
  return [box, inside.replace(/(\bid="|url\(#|href="#)/g, `$1${prefix}`)]
}

const picture = (label: string, kind: string, svg: string, prefix: string): Element => {
  const [viewBox, markup] = unwrap(svg, prefix)
  return element(
    'svg',
    { class: `chart${kind}`, role: 'img', 'aria-label': label, viewBox },
    element('title', {}, label),
    { markup },
  )
}

/** Draws one chart; a number in its place keeps ids apart. */
const drawChart =
  (draw: Draw) =>
  async ({ chart: { label, spec, wide = false } }: ChartLeaf, nth: number): Promise<Node> => {
    const at = async (width: number, kind: string): Promise<Element> =>
      picture(label, kind, await draw(spec(width)), `c${nth}${kind.trim()}-`)
    return wide
      ? element('div', {}, await at(widths.page, ' wide'), await at(widths.narrow, ' narrow'))
      : at(widths.column, '')
  }

const isChart = (node: Node<ChartLeaf>): node is ChartLeaf => typeof node === 'object' && 'chart' in node

type Replace = (leaf: ChartLeaf) => Promise<Node>

const replaceCharts =
  (replace: Replace) =>
  async (node: Node<ChartLeaf>): Promise<Node> => {
    if (typeof node === 'string' || 'markup' in node) return node
    if (isChart(node)) return replace(node)
    const children: Node[] = []
    for (const child of node.children) children.push(await replaceCharts(replace)(child))
    return { ...node, children }
  }

/** Counts charts as they are drawn, one after the other. */
const numbered = (draw: Draw): Replace => {
  let nth = 0
  return leaf => drawChart(draw)(leaf, nth++)
}

/** Nodes with their charts drawn; without Vega each is a line that says how to install it. */
export const drawCharts = (nodes: readonly Node<ChartLeaf>[]): T.Task<readonly Node[]> =>
  pipe(
    loadVega,
    TE.match(
      (fact): Replace =>
        async ({ chart }) =>
          missing(`${chart.label}: no picture, ${renderMessage(fact)}`),
      numbered,
    ),
    T.flatMap(replace => async () => {
      const drawn: Node[] = []
      for (const node of nodes) drawn.push(await replaceCharts(replace)(node))
      return drawn
    }),
  )
