/** How deep a room is: its longest chain of run-time imports, each file a floor above those it needs to run. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const room = join(import.meta.dirname, '../../src/run')

const files = readdirSync(room, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => join(room, file))

/** Whether a clause imports or exports values: `{ type A }` has types alone. */
const hasValues = (clause: string): boolean =>
  !/^type\b/.test(clause) &&
  !(
    clause.startsWith('{') &&
    clause
      .replaceAll(/[{}]/g, '')
      .split(',')
      .every(each => /^\s*(type\s|$)/.test(each))
  )

/** The files of the room that a file needs at run time. */
const needs = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) ([^'"]+?) from '(\.[^']+)'/gm)]
    .filter(([, clause = '']) => hasValues(clause))
    .map(([, , from = '']) => join(dirname(file), from.replace(/\.js$/, '.ts')))
    .filter(each => files.includes(each))

const floors = new Map<string, number>()

const floorOf = (file: string): number => {
  const floor = floors.get(file) ?? 1 + Math.max(0, ...needs(file).map(floorOf))
  floors.set(file, floor)
  return floor
}

test('no chain of imports in run is longer than ten files', () => {
  const tallest = files
    .map(file => [floorOf(file), file.slice(room.length + 1)] as const)
    .filter(([floor]) => floor > 10)
  expect(tallest).toEqual([])
  expect(floorOf(join(room, 'index.ts'))).toBeGreaterThan(5) // imports are found
})
