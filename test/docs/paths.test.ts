/** Every path that the documents for developers name is there; capitals stand for a name to choose. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/programs/command.js'

const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? entry.name : [],
)

const named = new RegExp(`\`((src|test|dsl|docs|examples|${rooms.join('|')})/[\\w./-]+)\``, 'g')

/** Rooms are named from `src` on, or without it. */
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(named)]
    .map(([, path = '', top = '']) => (rooms.includes(top) ? join('src', path) : path))
    .filter(path => !/[A-Z]{3}/.test(path))

test.each(['docs/architecture.md', 'CONTRIBUTING.md'])('%s names files that are there', document => {
  const paths = pathsIn(readFileSync(join(root, document), 'utf8'))
  expect(paths.length).toBeGreaterThan(0)
  expect(paths.filter(path => !existsSync(join(root, path)))).toEqual([])
})
