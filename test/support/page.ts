/** Pages as a strict parser reads them. */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, type ParserError, parse } from 'parse5'
import { expect } from 'vitest'

export type Tree = DefaultTreeAdapterTypes.Node
export type Tag = DefaultTreeAdapterTypes.Element

/** Any error of syntax fails. */
export const parsed = (page: string): Tree => {
  const errors: ParserError[] = []
  const tree = parse(page, { onParseError: error => errors.push(error) })
  expect(errors.map(({ code, startLine }) => `${code} at ${startLine}`)).toEqual([])
  return tree
}

const childrenOf = (node: Tree): readonly Tree[] => ('childNodes' in node ? node.childNodes : [])

/** Every element of a tag. */
export const all = (node: Tree, tag: string): readonly Tag[] => [
  ...(defaultTreeAdapter.isElementNode(node) && node.tagName === tag ? [node] : []),
  ...childrenOf(node).flatMap(child => all(child, tag)),
]

export const textOf = (node: Tree): string =>
  defaultTreeAdapter.isTextNode(node) ? node.value : childrenOf(node).map(textOf).join('')

export const attribute = (node: Tag, name: string): string | undefined =>
  node.attrs.find(each => each.name === name)?.value

/** A page loads nothing: it names no address, and holds no two things of one id. */
export const expectSelfContained = (page: string): void => {
  expect(page).not.toMatch(/https?:|\bsrc="(?!data:)|@import|<link|url\((?!#)/)
  const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
}
