/** A study's cells by a real queue: workers that are killed, a server that is not there or is lost. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { cellExitCode } from '../../../src/cli/study/exit-codes.js'
import { withConnection } from '../../../src/cli/study/queue/connection.js'
import { randomBelow, stream } from '../../../src/net/random.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { command, espalier, root } from '../../support/programs/command.js'
import { freePort, hasRedis, startRedis } from '../../support/programs/redis.js'
import { failure, scratch } from '../../support/scratch.js'
import { sweep } from '../../support/sweep.js'

const studyOf = (epochs: number, seeds: number): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      'some.ts': `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, prune, study, train } from '${root}/src/index.js'
const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), globalAvgPool, dense(10))
const of = (...steps) => experiment(small, glyphs({ train: 100, test: 20 }), ...steps)
const base = train({ epochs: ${epochs}, batchSize: 30 })
export default study('some', { seeds: ${seeds} }, [
  { name: 'base', experiment: of(base) },
  { name: 'cut', experiment: of(base, prune({ by: 'l1', keep: { params: 0.7 } })) },
])
`,
    }),
    'some.ts',
  )

const seeded = () => {
  const draw = stream(7, 'kills')
  return () => randomBelow(draw, 1e6) / 1e6
}

/** Random numbers, with the first of which, when a cell has begun, the server forgets all that it knew. */
const forgetting = (url: string, random: () => number): (() => number) => {
  let known = true
  return () => {
    if (known) ask(url, 'flushall')
    known = false
    return random()
  }
}

const filesIn = (folder: string): readonly string[] => readdirSync(join(folder, 'runs', 'some', 'cells'))

describe.runIf(hasRedis())('a queue', () => {
  test('whose workers are killed at random, and that forgets all once, loses nothing, and comes to what one process comes to', async () => {
    const [file, folder, alone] = [studyOf(2, 2), scratch(), scratch()]
    const { url, kill } = await startRedis(scratch())
    const swept = await sweep({
      ...{ study: file, folder, url, workers: 2, kills: 2, chance: 1, within: 600 },
      ...{ random: forgetting(url, seeded()), program: command },
    })
    kill()
    expect([swept.code, swept.kills], swept.err + swept.log).toEqual([0, 2])
    expect(swept.log).not.toContain('the first result stays')
    await espalier([
      ...['compare', file, '--engine', 'wasm', '--threads', '1'],
      ...['--out', join(alone, 'runs'), '--results', join(alone, 'results')],
    ])
    const rows = (of: string): string => readFileSync(join(of, 'results', 'some.json'), 'utf8')
    expect(rows(folder)).toBe(rows(alone))
    expect(filesIn(folder).filter(name => /^[0-9a-f]+\.json$/.test(name)).length).toBe(4)
  }, 300_000)

  test('whose server is lost for long ends in one line, whatever waits for it', async () => {
    const { url, kill } = await startRedis(scratch())
    const waiting = withConnection(
      url,
      2,
    )(({ bull, options }) => async () => {
      const queue = new bull.Queue('some', { connection: options })
      queue.on('error', () => undefined)
      await queue.getJobCounts()
      kill()
      await queue.getJobCounts() // never answered
      return E.right('answered')
    })
    const error = await failure(waiting)
    expect(error).toEqual({ _tag: 'QueueLost', url: `${url}`, seconds: 2, refusal: null })
    expect(renderMessage(error)).toMatch(/expected an answer, got none for 2 s; what was done is kept/)
    expect(cellExitCode(error)).toBe(75)
  })

  test('whose server no longer takes writes ends in one line that says why', async () => {
    const { url, kill } = await startRedis(scratch())
    const error = await failure(
      withConnection(
        url,
        2,
      )(() => () => {
        ask(url, 'config', 'set', 'maxmemory', '1')
        return new Promise(() => undefined)
      }),
    )
    kill()
    expect(error).toMatchObject({ _tag: 'QueueLost', refusal: expect.stringMatching(/^OOM/) })
    expect(renderMessage(error)).toMatch(/expected an answer, got OOM .* for 2 s; what was done is kept/)
    expect(cellExitCode(error)).toBe(75)
  })

  test('whose server takes writes and refuses scripts ends commands and workers in one line', async () => {
    const { url, kill } = await startRedis(scratch())
    ask(url, 'acl', 'setuser', 'default', '-@scripting')
    const ended = await asked(url)
    kill()
    expect(ended).toHaveLength(2)
    for (const [code, err] of ended) {
      expect(code).toBe(75)
      expect(err).toMatch(
        /expected a server that does what BullMQ asks, got NOPERM .*; what was done is kept; try .*\n$/,
      )
    }
  }, 60_000)
})

const ask = (url: string, ...command: readonly string[]): void => {
  spawnSync('redis-cli', ['-u', url, ...command])
}

/** The exit codes and lines of a study and of a worker that are given a queue. */
const asked = async (url: string): Promise<readonly (readonly [number | null, string])[]> => {
  const options = ['--engine', 'wasm', '--threads', '1', '--queue', url, '--out', join(scratch(), 'runs')]
  const file = studyOf(1, 1)
  const ended = await Promise.all(['compare', 'worker'].map(name => espalier([name, file, ...options])))
  return ended.map(({ code, err }) => [code, err])
}

test('a server that is not there, or is none, is told in one line', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const [absent, other] = await Promise.all([
    asked(`redis://:secret@127.0.0.1:${await freePort()}`),
    asked(`redis://127.0.0.1:${port}`),
  ])
  silent.close()
  for (const [code, err] of absent) {
    expect(code).toBe(75)
    expect(err).toMatch(
      /^espalier: redis:\/\/:\*\*\*@127\.0\.0\.1:\d+: expected a Redis .* got .*ECONNREFUSED.*\n$/,
    )
  }
  for (const [code, err] of other) {
    expect(code).toBe(75)
    expect(err).toMatch(/^espalier: redis:\/\/127\.0\.0\.1:\d+: expected a Redis .*, got .*; try .*\n$/)
  }
})
