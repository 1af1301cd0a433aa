/** A page as a tree of elements, and the one function that writes it, which escapes every text. */

export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>

/** An element of HTML or SVG. */
export interface Element<Leaf = never> {
  readonly tag: string
  readonly attributes: Attributes
  readonly children: readonly Node<Leaf>[]
}

/** Markup as a library has written it, and the page's own style and script. */
export interface Markup {
  readonly markup: string
}

/** A text, an element, markup, or a leaf that is still to be drawn. */
export type Node<Leaf = never> = string | Element<Leaf> | Markup | Leaf

export const element = <Leaf = never>(
  tag: string,
  attributes: Attributes = {},
  ...children: readonly Node<NoInfer<Leaf>>[]
): Element<Leaf> => ({ tag, attributes, children })

/** The characters that mean something in markup. */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Code points that no document may hold: controls, halves of a surrogate pair, and those that are no characters. */
const forbidden = /[^\P{Cc}\t\n]|\p{Cs}|\p{Noncharacter_Code_Point}/gu

/** Text as markup shows it, in an element or a quoted attribute. */
const escapeText = (text: string): string =>
  text.replace(forbidden, '\uFFFD').replace(/[&<>"']/g, character => entities[character] ?? character)

const attributeText = ([name, value]: readonly [string, Attributes[string]]): string =>
  value === undefined || value === null || value === false
    ? ''
    : value === true
      ? ` ${name}`
      : ` ${name}="${escapeText(`${value}`)}"`

/** Elements that have no end tag. */
const voids = new Set(['br', 'col', 'hr', 'img', 'meta'])

const elementText = ({ tag, attributes, children }: Element): string => {
  const start = `<${tag}${Object.entries(attributes).map(attributeText).join('')}>`
  return voids.has(tag) ? start : `${start}${children.map(renderNode).join('')}</${tag}>`
}

/** Law  a text, whatever it holds, is parsed back as that text */
export const renderNode = (node: Node): string => {
  if (typeof node === 'string') return escapeText(node)
  return 'markup' in node ? node.markup : elementText(node)
}
