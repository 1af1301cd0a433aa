/** Shared by the benchmarks: results or an exception, medians, a generated photograph, the folder of results. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import sharp from 'sharp'

export const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

export const done = async <A>(task: TaskEither<unknown, A>): Promise<A> => right(await task())

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Writes into `bench/results`. */
export const keep = (name: string, text: string): void => {
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${name}`, `${text}\n`)
}

/** A picture with edges and shades, as photographs have. */
export const photograph = (width: number, height: number): Promise<Buffer> => {
  const noise = { type: 'gaussian', mean: 128, sigma: 50 } as const
  return sharp({ create: { width: width >> 3, height: height >> 3, channels: 3, background: '#888', noise } })
    .resize(width, height)
    .jpeg({ quality: 90 })
    .toBuffer()
}
