/** A whole page: one file that holds its style, its pictures and its script, and loads nothing. */
import { element, type Node, renderNode } from './element.js'
import { sortScript } from './sort.js'
import { style } from './style.js'

export interface Page<Leaf = never> {
  readonly title: string
  /** One sentence under the title. */
  readonly summary: string
  readonly content: readonly Node<Leaf>[]
  /** What made the page. */
  readonly footer: string
}

/** Allows what the page holds, and nothing from elsewhere. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

const headOf = (title: string): Node =>
  element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('title', {}, title),
    element('style', {}, { markup: style }),
  )

/** Law  the page names no address of a network */
export const renderPage = ({ title, summary, content, footer }: Page): string =>
  `<!DOCTYPE html>\n${renderNode(
    element(
      'html',
      { lang: 'en' },
      headOf(title),
      element(
        'body',
        {},
        element('header', {}, element('h1', {}, title), element('p', {}, summary)),
        element('main', {}, ...content),
        element('footer', {}, footer),
        element('script', {}, { markup: sortScript }),
      ),
    ),
  )}\n`
