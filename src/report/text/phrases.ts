/** Phrases that several messages share: shapes, layers, steps, lists of names. */
import type { Shape } from '../../net/shape.js'
import { shortened } from './decode-error.js'

/** 14×14×12 */
export const shapeText = (sizes: Shape): string => (sizes.length === 0 ? 'nothing' : sizes.join('×'))

/** layer a/three/conv */
export const layerText = (path: string): string => (path === '' ? 'the net' : `layer ${shortened(path)}`)

/** A message inside another, which gives its own advice. */
export const withoutAdvice = (message: string): string => message.replace(/; try .*$/, '')

/** Steps are counted from 1 where a person reads. */
export const stepText = (at: string): string =>
  `step ${at
    .split('/')
    .map(number => `${Number(number) + 1}`)
    .join('/')}`

/** Names listed before the rest is counted. */
const mostNames = 6

/** dog, frog and ship, or six of them and the number of the others */
export const listText = (names: readonly string[]): string =>
  names.length > mostNames
    ? `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`
    : names.join(', ')
