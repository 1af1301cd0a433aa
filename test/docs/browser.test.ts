/** The scripts of docs/deployment.md for browsers, in one without a window: each answers what the model answers here. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { root } from '../support/programs/command.js'
import { apart, inFolder, logitsOf, run, tolerance } from '../support/programs/exported.js'

const named = process.env.ESPALIER_BROWSER

/** The program of a browser like Chromium; null where none is found. */
const browser = [named, 'chromium', 'chromium-browser', 'google-chrome'].find(program => {
  try {
    return program !== undefined && execFileSync(program, ['--version'], { stdio: 'pipe' }).length > 0
  } catch {
    return false
  }
})

/** The packages as pages find them, by the folder that serves them. */
const packages = {
  '/ort/': join(root, 'test/oracles/node_modules/onnxruntime-web/dist'),
  '/tfjs/': join(root, 'node_modules/@tensorflow/tfjs/dist'),
}

const imports = {
  'onnxruntime-web': '/ort/ort.bundle.min.mjs',
  '@tensorflow/tfjs': '/tfjs/tf.fesm.min.js',
}

const blocks = [...readFileSync(join(root, 'docs/deployment.md'), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(
  ([, code = '']) => code,
)

const [onnxBlock = '', tfjsBlock = ''] = blocks

/** What the second block has from the first. */
const shared = /\/\*\* Pixels of a canvas.*?\n\n/s.exec(onnxBlock)?.[0] ?? ''

const scripts = { onnxruntime: onnxBlock, tfjs: tfjsBlock.replace(/\n\n/, `\n\n${shared}`) }

/** A page that draws an image and runs a script, and sends what it logs. */
const pageOf = (script: string): string => `<!doctype html><meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script>
const send = (text) => fetch('/answer', { method: 'POST', body: text })
console.log = values => send(JSON.stringify([...values]))
addEventListener('error', ({ message }) => send(message))
addEventListener('unhandledrejection', ({ reason }) => send(String(reason)))
const canvas = new OffscreenCanvas(28, 28).getContext('2d')
const imageData = canvas.createImageData(28, 28)
imageData.data.forEach((_, i, data) => { data[i] = i % 4 === 3 ? 255 : (Math.floor(i / 4) * 89) % 256 })
</script>
<script type="module">${script}</script>`

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** A file below a folder of packages, or of the exports. */
const fileAt = (path: string, exports: string): string => {
  const [prefix, folder] = Object.entries(packages).find(([each]) => path.startsWith(each)) ?? ['/', exports]
  return join(folder, normalize(path.slice(prefix.length)))
}

const respond =
  (script: string, exports: string, answered: (text: string) => void) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '/'
    const file = fileAt(path, exports)
    if (request.method === 'POST') void text(request).then(answered)
    if (path === '/') response.setHeader('content-type', 'text/html').end(pageOf(script))
    else if (request.method === 'GET' && existsSync(file))
      response
        .setHeader('content-type', types[extname(file)] ?? 'application/octet-stream')
        .end(readFileSync(file))
    else response.writeHead(404).end()
  }

/** What a script logs in the browser, whose own files are in a folder, too. */
const logged = async (script: string, folder: string): Promise<string> => {
  const { promise, resolve } = deferred()
  const server = createServer(respond(script, folder, resolve)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${join(folder, 'profile')}`,
  ]
  const child = spawn(browser ?? '', [...options, `http://127.0.0.1:${port}/`])
  try {
    return await promise
  } finally {
    child.kill()
    await once(child, 'close')
    server.closeAllConnections()
    server.close()
  }
}

const deferred = () => {
  let resolve: (text: string) => void = () => undefined
  const promise = new Promise<string>(done => {
    resolve = done
  })
  return { promise, resolve }
}

const model = modelOf(5)(
  net('quickstart', image(28, 28, 1), convBnAct(6, 3, { stride: 2 }), maxPool(), globalAvgPool, dense(3)),
)

const preprocessing: Preprocessing = {
  size: [28, 28, 1],
  resize: { height: 28, width: 28, fit: 'cover' },
  ...{ mean: [0.17], deviation: [0.16] },
  classes: ['ring', 'delta', 'cross'],
}

const probabilities = (): Float64Array => {
  const images = Float32Array.from({ length: 28 * 28 }, (_, i) => (((i * 89) % 256) / 255 - 0.17) / 0.16)
  const raised = logitsOf(model, images, 1).map(Math.exp)
  const sum = raised.reduce((a, b) => a + b)
  return raised.map(each => each / sum)
}

const isMissing = browser === undefined || !existsSync(packages['/ort/'])

describe.skipIf(isMissing)('in a browser (wants chromium, or ESPALIER_BROWSER, and npm run oracles)', () => {
  test.for(Object.entries(scripts))('%s', ([, script]) =>
    inFolder(async folder => {
      await run(exportModel({ to: 'onnx', folder, preprocessing })(model))
      await run(exportModel({ to: 'layers', folder: join(folder, 'layers'), preprocessing })(model))
      const answer: unknown = JSON.parse(await logged(script, folder))
      expect(apart(probabilities(), answer as readonly number[])).toBeLessThan(tolerance) // as the page sends it
    }),
  )
})

test('the page has a script for each library', () => {
  expect(blocks.map(code => /from '(.*)'/.exec(code)?.[1])).toEqual(Object.keys(imports))
})
