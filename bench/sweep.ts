/**
 * A sweep whose workers are killed at random, beside the same study in one process: nothing is lost, nothing comes to
 * another result. `npm run test:sweep -- --cells 500 --workers 20 --kills 100`; needs redis-server.
 */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { randomBelow, stream } from '../src/net/random.js'
import { startRedis } from '../test/support/programs/redis.js'
import { sweep, toEnd } from '../test/support/sweep.js'

const { values } = parseArgs({
  options: {
    cells: { type: 'string', default: '500' },
    workers: { type: 'string', default: '20' },
    kills: { type: 'string', default: '100' },
  },
})
const [cells, workers, kills] = [values.cells, values.workers, values.kills].map(Number)
if (!cells || !workers || kills === undefined) throw new Error('expected numbers')

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'espalier-sweep-'))
const program = [join(root, 'dist/cli.js')]
const study = join(folder, 'sweep.ts')
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
writeFileSync(
  study,
  `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, prune, study, train } from '${root}/dist/index.js'
const small = net('small', image(28, 28, 1), convBnAct(4, 3, { stride: 4 }), globalAvgPool, dense(10))
const of = (...steps) => experiment(small, glyphs({ train: 100, test: 20 }), ...steps)
const base = train({ epochs: 20, batchSize: 30 })
export default study('sweep', { seeds: ${Math.ceil(cells / 2)} }, [
  { name: 'base', experiment: of(base) },
  { name: 'cut', experiment: of(base, prune({ by: 'l1', keep: { params: 0.7 } })) },
])
`,
)

const draw = stream(Date.now() % 2 ** 31, 'kills')
const random = (): number => randomBelow(draw, 1e6) / 1e6
const redis = await startRedis(folder)
const began = performance.now()
const swept = await sweep({
  ...{ study, folder, url: redis.url, workers, kills, within: 1500, random, program },
  chance: Math.min(1, (1.5 * kills) / cells),
})
redis.kill()
const seconds = (performance.now() - began) / 1000
writeFileSync(join(folder, 'log'), swept.err + swept.log)

const alone = join(folder, 'alone')
const straight = await toEnd(program, [
  ...['compare', study, '--engine', 'wasm', '--threads', '1'],
  ...['--out', join(alone, 'runs'), '--results', join(alone, 'results')],
])
const rowsOf = (of: string): string => readFileSync(join(of, 'results/sweep.json'), 'utf8')
const outcomes = readdirSync(join(folder, 'runs/sweep/cells')).filter(name => /^[0-9a-f]+\.json$/.test(name))
const begun = swept.log.match(/^\d+ of \d+: .*, seed \d+$/gm) ?? []
console.log(
  `${cells} cells, ${workers} workers, ${swept.kills} killed at random, half of them with their cells`,
)
console.log(`exit codes ${swept.code} and ${straight.code}; ${seconds.toFixed(0)} s`)
console.log(`${outcomes.length} outcomes; cells begun or resumed ${begun.length} times`)
console.log(`came to two results: ${(swept.log.match(/the first result stays/g) ?? []).length}`)
console.log(`rows as of a study undisturbed: ${rowsOf(folder) === rowsOf(alone)}`)
console.log(folder)
if (rowsOf(folder) !== rowsOf(alone) || swept.code !== 0) process.exitCode = 1
