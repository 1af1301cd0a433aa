/** Runs that take a moment, or that never end. */
import { join } from 'node:path'
import { command, root } from '../support/programs/command.js'
import { type Gesture, onTerminal, type Seen } from '../support/programs/terminal.js'
import { scratch } from '../support/scratch.js'

export const layers = 'convBnAct(4, 3, { stride: 4 }), globalAvgPool, dense(10)'

/** A DSL file; `before`: statements of its own. */
export const dsl = (
  schedule: string,
  { data = 'glyphs({ train: 100, test: 20 })', before = '', name = 'some', body = layers } = {},
): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      [`${name}.ts`]: `import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, mnist, net, prune, push, study, train, untilTarget } from '${root}/src/index.js'
${before}
export default experiment(net('some', image(28, 28, 1), ${body}), ${data}, ${schedule})
`,
    }),
    `${name}.ts`,
  )

export const endless =
  'train({ epochs: 1, batchSize: 30 }), untilTarget({ keep: { params: 0.5 }, rounds: 3 }, push({ epochs: 4000, batchSize: 30 }), prune())'

export const cli = [process.execPath, ...command]

export const train = (file: string, folder: string, ...gestures: readonly Gesture[]): Promise<Seen> =>
  onTerminal([...cli, 'train', file, '--engine', 'wasm', '--out', folder], { gestures })
