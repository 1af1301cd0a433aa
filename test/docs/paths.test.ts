/** Every path that the documents for developers name is there; capitals stand for a name to choose. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/programs/command.js'

const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:src|test|dsl|docs|examples)\/[\w./-]+)`/g)]
    .map(([, path = '']) => path)
    .filter(path => !/[A-Z]{3}/.test(path))

test.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s names files that are there', document => {
  const paths = pathsIn(readFileSync(join(root, document), 'utf8'))
  expect(paths.length).toBeGreaterThan(0)
  expect(paths.filter(path => !existsSync(join(root, path)))).toEqual([])
})
