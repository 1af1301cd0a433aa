import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { download, type Progress } from '../../src/data/download.js'
import { failure, scratch, succeed } from '../support/scratch.js'

const content = Buffer.alloc(300_000, 'data ')
const sum = createHash('sha256').update(content).digest('hex')

let server: Server | undefined
let address = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/whole') response.writeHead(200, { 'content-length': content.length }).end(content)
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 1000))
      setTimeout(() => response.destroy(), 20)
    } else response.writeHead(404).end()
  })
  await new Promise<void>(done => server?.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
})
afterAll(() => {
  server?.close()
})

describe('download', () => {
  test('downloads a file and reports progress', async () => {
    const file = join(scratch(), 'deep/down/file')
    const seen: Progress[] = []
    await succeed(download(progress => seen.push(progress))({ url: `${address}/whole`, sum }, file))
    expect(readFileSync(file)).toEqual(content)
    expect(seen.at(-1)).toEqual({ what: 'whole', done: content.length, total: content.length })
  })

  test('a wrong checksum, a broken connection, a missing file: no file remains', async () => {
    const folder = scratch()
    const get = (path: string, expected = sum) =>
      failure(download(() => undefined)({ url: `${address}/${path}`, sum: expected }, join(folder, 'file')))
    expect(await get('whole', 'f00')).toEqual({
      _tag: 'ChecksumDiffers',
      file: `${address}/whole`,
      got: sum,
      expected: 'f00',
    })
    expect(await get('cut')).toMatchObject({ _tag: 'ReadFailed', file: `${address}/cut` })
    expect(await get('none')).toMatchObject({ _tag: 'ReadFailed', reason: 'the server answered 404' })
    expect(readdirSync(folder)).toEqual([])
    expect(existsSync(join(folder, 'file'))).toBe(false)
  })
})
