/** Folders that are gone when the test file is done, and what tests say of results. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { pack } from 'tar-stream'
import { afterAll, beforeAll } from 'vitest'

const made: string[] = []

afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A new folder with these files in it. */
export const scratch = (files: Readonly<Record<string, Uint8Array | string>> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-'))
  made.push(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** Gives this test file a cache of its own. */
export const ownCache = (): void => {
  const before = process.env.ESPALIER_CACHE
  beforeAll(() => {
    process.env.ESPALIER_CACHE = scratch()
  })
  afterAll(() => {
    if (before === undefined) delete process.env.ESPALIER_CACHE
    else process.env.ESPALIER_CACHE = before
  })
}

/** An archive of these folders and files, in this order. */
export const tarOf = (
  files: Readonly<Record<string, Uint8Array | string>>,
  folders: readonly string[] = [],
): Promise<Buffer> => {
  const archive = pack()
  for (const name of folders) archive.entry({ name, type: 'directory' })
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, Buffer.from(content))
  archive.finalize()
  return buffer(archive)
}

/** Real data, beside the project; where it is not, the test says so. */
export const realData = (name: string): string | null => {
  const folder = join(import.meta.dirname, '../../../shared/data', name)
  if (existsSync(folder)) return folder
  console.warn(`skipped: ${folder} is not there`)
  return null
}

export const succeed = async <A>(task: TaskEither<unknown, A>): Promise<A> => {
  const result = await task()
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

export const failure = async <Err>(task: TaskEither<Err, unknown>): Promise<Err> => {
  const result = await task()
  if (E.isRight(result)) throw new Error('should have failed')
  return result.left
}
