/** Tries the native modules on a small gradient, each in a process of its own, which may crash. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { differentiate } from '../../../graph/differentiate.js'
import * as op from '../../../graph/operations.js'
import { commandText } from '../../../io/text/command-text.js'
import type { NativeError } from '../../error.js'
import { otherSources } from '../addon.js'
import { emitProgram } from '../graph/program.js'
import { graphDef, savedModel, tensorName } from '../graph/proto.js'
import { environment, threadsOf } from '../load.js'
import type { NativeFiles } from './cache.js'
import { command } from './command.js'
import { recipe } from './sources.js'

/** The output of a trial. */
export const Answer = t.type({ version: t.string, gpu: t.boolean, slope: t.array(t.number) })
export type Answer = t.TypeOf<typeof Answer>

const images = op.input('images', [1, 4, 4, 1])
const kernel = op.input('kernel', [2, 2, 1, 1])
const product = op.conv(images, kernel, { stride: 1, dilation: 1, padding: 'valid' })
const [slope = kernel] = differentiate()(op.sum(op.square(product)), [kernel])

/** Where x = 0, 1, … 15 and every weight is 1: Σ 2y·x under each tap. */
const expected: readonly number[] = [3516, 4056, 5676, 6216]

/** Plain JavaScript, which Node runs without a loader: a module, the folder of the graph, and names of its tensors. */
const begin = `
const [file, folder, inputs, output] = process.argv.slice(1)
const native = { exports: {} }
process.dlopen(native, file)
const tf = native.exports
const images = Float32Array.from({ length: 16 }, (_, i) => i)
const kernel = new Float32Array(4).fill(1)
`

const bindingScript = `${begin}
const model = tf.loadSavedModel(folder, 'serve')
const fed = [tf.createTensor([1, 4, 4, 1], 1, images), tf.createTensor([2, 2, 1, 1], 1, kernel)]
const [slope] = tf.runSavedModel(model, fed, inputs, output)
console.log(JSON.stringify({ version: tf.TF_Version, gpu: tf.isUsingGpuDevice(), slope: [...tf.tensorDataSync(slope.id)] }))
`

const addonScript = (): string => `${begin}
if (tf.sources !== '${recipe()}') throw new Error('${otherSources}')
const graph = require('node:fs').readFileSync(folder + '/graph.pb')
const session = new tf.Session(graph, new Uint8Array(), '')
const shapes = [[1, 4, 4, 1], [2, 2, 1, 1]]
const ports = inputs.split(',').map((name, nth) => ({ name, shape: shapes[nth] }))
const call = session.prepare({ inputs: ports, outputs: [output], targets: [], parts: 1, threads: 1 })
session.runAsync(call, [images, kernel]).then(([slope]) =>
  console.log(JSON.stringify({ version: tf.version, gpu: false, slope: [...slope] })))
`

const runTrial = (script: string, file: string, folder: string) => {
  const emission = emitProgram()({ trial: { outputs: { slope }, updates: [] } })
  const { inputs = {}, outputs = {} } = emission.calls.trial ?? {}
  const fed = [inputs.images, inputs.kernel].map(input => tensorName(input?.ref ?? ''))
  writeFileSync(join(folder, 'saved_model.pb'), savedModel(emission))
  writeFileSync(join(folder, 'graph.pb'), graphDef(emission))
  return command(
    process.execPath,
    ['-e', script, '--', file, folder, fed.join(), tensorName(outputs.slope ?? '')],
    environment(threadsOf()),
  )
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

const parseAnswer = (out: string): E.Either<string, Answer> =>
  pipe(
    E.tryCatch(
      () => JSON.parse(lastLine(out)) as unknown, // JSON.parse gives any
      String,
    ),
    E.flatMap(json =>
      pipe(
        Answer.decode(json),
        E.mapLeft(() => out),
      ),
    ),
  )

const reasonOf = (output: string): string =>
  output.split('\n').find(line => /^\S*Error/.test(line)) ?? lastLine(output)

const tryModule = (script: string, file: string): TE.TaskEither<NativeError, Answer> =>
  pipe(
    TE.bracket(
      TE.fromIO<string, string>(() => mkdtempSync(join(tmpdir(), 'espalier-'))),
      folder =>
        pipe(
          runTrial(script, file, folder),
          TE.mapLeft(failure => (failure._tag === 'NotFound' ? failure.program : reasonOf(failure.output))),
          TE.flatMapEither(({ out }) => parseAnswer(out)),
        ),
      folder => TE.fromIO(() => rmSync(folder, { recursive: true, force: true })),
    ),
    TE.mapLeft((reason): NativeError => ({ _tag: 'LoadFailed', file, reason, mend: commandText('engine') })),
    TE.flatMap(answer =>
      expected.every((value, nth) => Math.abs(value - (answer.slope[nth] ?? 0)) <= 1e-4 * value)
        ? TE.right(answer)
        : TE.left<NativeError, Answer>({ _tag: 'TrialFailed', file, expected, got: answer.slope }),
    ),
  )

/**
 * Runs a gradient through the official binding, and through the addon where there is one.
 *
 * Errors  LoadFailed when one cannot be loaded or run; TrialFailed when the numbers are wrong
 */
export const trial = ({ file, addon }: NativeFiles): TE.TaskEither<NativeError, Answer> =>
  pipe(
    tryModule(bindingScript, file),
    TE.tap(() => (O.isSome(addon) ? tryModule(addonScript(), addon.value) : TE.right(null))),
  )
