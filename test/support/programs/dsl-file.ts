/** DSL files of small experiments, for the command. */
import { join } from 'node:path'
import { scratch } from '../scratch.js'
import { type Ended, espalier, root } from './command.js'

/** A DSL file: a net's layers, its name, and what is done with it. */
export const dsl = (
  layers: string,
  { input = '28, 28, 1', data = 'glyphs({ train: 100, test: 20 })', schedule = quick } = {},
): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      'some.ts': `import * as e from '${root}/src/index.js'
const { avgPool, concat, convBnAct, dense, experiment, globalAvgPool, glyphs, image, maxPool, mnist, net, prune, push, shift, train, untilTarget, constant } = e
export default experiment(net('some', image(${input}), ${layers}), ${data}, ${schedule})
`,
    }),
    'some.ts',
  )

export const quick = 'train({ epochs: 2, batchSize: 30, lrSchedule: constant() })'

export const fine = 'convBnAct(4, 3, { stride: 4 }), convBnAct(4), globalAvgPool, dense(10)'

export const wasm = ['--engine', 'wasm'] as const

export const train = (file: string, ...more: readonly string[]): Promise<Ended> =>
  espalier(['train', file, ...wasm, '--out', join(scratch(), 'run'), ...more])
