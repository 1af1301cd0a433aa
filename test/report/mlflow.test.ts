/** Runs on MLflow: what a real server holds of them, and that no server that fails costs a run anything. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAddress } from '../../src/report/mlflow/address.js'
import type { TrackingNote } from '../../src/report/mlflow/error.js'
import { mlflow } from '../../src/report/mlflow/tracker.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { countEvents, measuresOf } from '../../src/report/tracking/measures.js'
import { readLog } from '../../src/run/review/read-log.js'
import { folderAt } from '../../src/run/storage/folder.js'
import { openRun } from '../../src/run/storage/stored-run.js'
import { right } from '../support/nets/surgery.js'
import { espalier, expectRefusedAtOnce, root } from '../support/programs/command.js'
import {
  type Answer,
  type Asked,
  mlflowServer,
  nobody,
  type Running,
  stubServer,
} from '../support/programs/mlflow-server.js'
import { hasModule } from '../support/programs/python.js'
import { record } from '../support/recording.js'
import { scratch, succeed } from '../support/scratch.js'

const hasty = { MLFLOW_HTTP_REQUEST_TIMEOUT: '0.4' }

const recorderTo = (url: string, notes: TrackingNote[] = [], env: NodeJS.ProcessEnv = hasty) =>
  mlflow({
    address: right(parseAddress(url, env)),
    namesOf: ({ experiment, folder }) => ({ experiment: experiment.net.name, run: basename(folder.path) }),
    nextCommand: folder => `espalier resume ${folder}`,
    onNote: note => notes.push(note),
  })

const weightsOf = (folder: string): Buffer => readFileSync(folderAt(folder).model)

let plain = ''
beforeAll(async () => {
  const nothing = {
    begin: () => async () => undefined,
    event: () => undefined,
    end: () => async () => undefined,
  }
  plain = (await record(nothing)).folder
})

/** Answers as a server does that has no runs yet. */
const wellBehaved: Answer = ({ path }) => {
  if (path.includes('get-by-name'))
    return { status: 404, text: '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":""}' }
  if (path.includes('experiments/create')) return { status: 200, text: '{"experiment_id":"7"}' }
  if (path.includes('runs/create'))
    return {
      status: 200,
      text: '{"run":{"info":{"run_id":"r","artifact_uri":"mlflow-artifacts:/7/r/artifacts"}}}',
    }
  return { status: 200, text: '{}' }
}

/** A run beside a server: it ends as it would without, and the notes are these, a line each. */
const expectUnharmed = async (url: string, ...expected: readonly RegExp[]): Promise<void> => {
  const notes: TrackingNote[] = []
  const { folder, outcome } = await record(recorderTo(url, notes))
  expect(outcome).toBe('done')
  expect(weightsOf(folder).equals(weightsOf(plain))).toBe(true)
  const lines = notes.map(renderMessage)
  expect(lines.length, lines.join('\n')).toBe(expected.length)
  for (const [nth, line] of lines.entries()) expect(line).toMatch(expected[nth] ?? '')
}

/** Every measure of the run's log is in these requests, in order and once. */
const expectAllOnce = async (asked: readonly Asked[]): Promise<void> => {
  const metrics = asked
    .filter(({ path }) => path.endsWith('log-batch'))
    .flatMap(
      ({ body }): readonly { readonly key: string; readonly step: number }[] =>
        JSON.parse(body).metrics ?? [],
    )
  const { events } = await succeed(readLog(folderAt(plain).events))
  const expected = countEvents(events).flatMap(measuresOf)
  const keys = metrics.map(({ key, step }) => `${key} ${step}`)
  expect(keys.filter(key => !/^(test|seconds|training_macs)/.test(key))).toEqual(
    expected.map(({ tag, step }) => `${tag} ${step}`),
  )
}

const away = /^MLflow at http:\/\/127\.0\.0\.1:\d+: .*; the run goes on, its folder keeps everything/
const behind = /has not got all of this run: .*; try espalier resume .*, which sends the rest$/

describe('a server that', () => {
  test('is not there costs two lines', async () => {
    await expectUnharmed(await nobody(), away, behind)
  })

  test('does not answer costs two lines and a bounded time', async () => {
    const server = await stubServer(() => null)
    const began = performance.now()
    await expectUnharmed(server.url, away, behind)
    expect(performance.now() - began).toBeLessThan(20_000)
    await server.close()
  })

  test('refuses, or is no MLflow, costs two lines that say so', async () => {
    const refusing = await stubServer(() => ({ status: 401, text: 'who are you' }))
    await expectUnharmed(refusing.url, /got 401; the run goes on/, behind)
    await refusing.close()
    const other = await stubServer(() => ({ status: 200, text: '<html>' }))
    await expectUnharmed(other.url, /expected an answer of MLflow, got another: .*JSON/, behind)
    await other.close()
  })

  test('dies in the middle and comes back has everything, once', async () => {
    const server = await stubServer((asked, nth) =>
      nth >= 6 && nth < 9 ? { status: 503, text: '' } : wellBehaved(asked, nth),
    )
    await expectUnharmed(
      server.url,
      /^MLflow shows the run at http/,
      /503; the run goes on/,
      /has everything again$/,
    )
    await expectAllOnce(server.asked.filter((_, nth) => nth < 6 || nth >= 9))
    await server.close()
  })

  test('is slow gets all that came up in the meantime, once', async () => {
    const server = await stubServer(wellBehaved, ({ body }) => (body.includes('"metrics"') ? 300 : 0))
    await expectUnharmed(server.url, /^MLflow shows the run at http/)
    await expectAllOnce(server.asked)
    await server.close()
  })

  test('keeps its artifacts elsewhere gets the figures, and a line says so', async () => {
    const server = await stubServer((asked, nth) =>
      asked.path.includes('runs/create')
        ? { status: 200, text: '{"run":{"info":{"run_id":"r","artifact_uri":"s3://bucket/7"}}}' }
        : wellBehaved(asked, nth),
    )
    await expectUnharmed(
      server.url,
      /^MLflow shows the run at http/,
      /kept by the server .*, got s3:\/\/bucket\/7/,
    )
    expect(server.asked.filter(({ method }) => method === 'PUT')).toEqual([])
    await server.close()
  })
})

describe('credentials', () => {
  test('of the address or the environment go to the server', async () => {
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    const of = (url: string, env: NodeJS.ProcessEnv = {}) => right(parseAddress(url, env))
    expect(of('http://a:b%40@host:5/x/')).toMatchObject({
      server: 'http://host:5/x',
      authorization: basic('a:b@'),
    })
    expect(of('https://host', { MLFLOW_TRACKING_TOKEN: 't' }).authorization).toBe('Bearer t')
    const env = { MLFLOW_TRACKING_USERNAME: 'u', MLFLOW_TRACKING_PASSWORD: 'p' }
    expect(of('https://host', env).authorization).toBe(basic('u:p'))
    const server = await stubServer(wellBehaved)
    await record(recorderTo(server.url.replace('//', '//me:secret@')))
    expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(
      new Set([basic('me:secret')]),
    )
    await server.close()
  })

  test('stand in no file and no line, also where the address is none', async () => {
    const file = experimentFile()
    const refused = await espalier(['train', file, '--mlflow', 'htp://me:secret@host'])
    expectRefusedAtOnce(refused, '--mlflow', 'http://localhost:5000')
    const url = (await nobody()).replace('//', '//me:secret@')
    const out = join(scratch(), 'run')
    const ran = await espalier(['train', file, '--engine', 'wasm', '--out', out, '--mlflow', url])
    expect(ran.code).toBe(0)
    for (const text of [
      refused.err,
      ran.err,
      ran.out,
      ...readdirSync(out).map(name => readFileSync(join(out, name), 'latin1')),
    ])
      expect(text).not.toContain('secret')
  })
})

const experimentFile = (): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      'some.ts': `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, prune, train } from '${root}/src/index.js'
export default experiment(net('some', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), globalAvgPool, dense(10)),
  glyphs({ train: 100, test: 20 }), train({ epochs: 4, batchSize: 30 }), prune({ by: 'l1', keep: { params: 0.8 } }))
`,
    }),
    'some.ts',
  )

/** What a server answers of a run, its metrics or its artifacts. */
interface Answered {
  readonly run: {
    readonly info: Readonly<Record<string, string>>
    readonly data: { readonly params: readonly { readonly key: string; readonly value: string }[] }
  }
  readonly metrics: readonly { readonly step: number; readonly value: number }[]
  readonly files: readonly { readonly path: string }[]
}

const hasMlflow = hasModule('mlflow')
if (!hasMlflow) console.warn('skipped: ESPALIER_PYTHON has no mlflow')

describe.runIf(hasMlflow)('a real server', () => {
  let server: Running = { url: '', close: async () => undefined }
  beforeAll(async () => {
    server = await mlflowServer(scratch())
  })
  afterAll(() => server.close())

  const ask = async (path: string): Promise<Answered> =>
    (await fetch(`${server.url}/api/2.0/${path}`)).json() as Promise<Answered> // as MLflow documents it

  test('has a run that was stopped and resumed: parameters, each metric once a step, artifacts, status', async () => {
    const out = join(scratch(), 'run')
    const options = ['--mlflow', server.url]
    const stopped = await espalier(
      ['train', experimentFile(), '--engine', 'wasm', '--out', out, ...options],
      {
        stopAt: 'epoch 2',
      },
    )
    expect(stopped.code).toBe(130)
    const { run: id } = JSON.parse(readFileSync(join(out, 'mlflow.json'), 'utf8'))
    expect((await ask(`mlflow/runs/get?run_id=${id}`)).run.info.status).toBe('KILLED')
    expect((await espalier(['resume', out, ...options])).code).toBe(0)
    const { info, data } = (await ask(`mlflow/runs/get?run_id=${id}`)).run
    expect(info).toMatchObject({ status: 'FINISHED', run_name: 'run' })
    const parameters = data.params.map(({ key, value }) => [key, value])
    expect(parameters).toContainEqual(['schedule/1/epochs', '4'])
    expect(parameters).toContainEqual(['seed', '0'])
    const { metrics } = await ask(`mlflow/metrics/get-history?run_id=${id}&metric_key=accuracy/validation`)
    const { events } = await succeed(readLog(folderAt(out).events))
    const expected = events.flatMap(event => (event._tag === 'epoch' ? [event.validation.accuracy] : []))
    expect(metrics.map(({ step, value }) => [step, value])).toEqual(
      expected.map((value, nth) => [nth + 1, value]),
    )
    const { files } = await ask(`mlflow/artifacts/list?run_id=${id}`)
    expect(files.map(({ path }) => path).toSorted()).toEqual(
      ['model.safetensors', 'report.html', 'result.json'].filter(name => existsSync(join(out, name))),
    )
    const path = `mlflow-artifacts/artifacts/${info.experiment_id}/${id}/artifacts/model.safetensors`
    const kept = await fetch(`${server.url}/api/2.0/${path}`)
    expect(weightsOf(out).equals(Buffer.from(await kept.arrayBuffer()))).toBe(true)
  })

  test('has a run that failed as failed, and makes one anew that was deleted there', async () => {
    const { folder } = await record(recorderTo(server.url, [], {}), { after: 3 })
    const idOf = (): string => JSON.parse(readFileSync(join(folder, 'mlflow.json'), 'utf8')).run
    const first = idOf()
    const failing = recorderTo(server.url, [], {})
    await failing.begin(await succeed(openRun(folder)), [])()
    await failing.end('failed')()
    expect(idOf()).toBe(first)
    expect((await ask(`mlflow/runs/get?run_id=${first}`)).run.info.status).toBe('FAILED')
    await fetch(`${server.url}/api/2.0/mlflow/runs/delete`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ run_id: first }),
    })
    await record(recorderTo(server.url, [], {}), { folder })
    expect(idOf()).not.toBe(first)
    const { metrics } = await ask(
      `mlflow/metrics/get-history?run_id=${idOf()}&metric_key=${encodeURIComponent('loss/training')}`,
    )
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})
