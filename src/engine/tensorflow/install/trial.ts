/** Tries a binding on a small gradient in a process of its own, which may crash. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { differentiate } from '../../../graph/differentiate.js'
import * as op from '../../../graph/operations.js'
import { engineCommand } from '../../commands.js'
import type { NativeError } from '../../error.js'
import { emitProgram } from '../graph/program.js'
import { savedModel, tensorName } from '../graph/proto.js'
import { environment, threadsOf } from '../load.js'
import { command } from './command.js'

/** The output of a trial. */
export const Answer = t.type({ version: t.string, gpu: t.boolean, slope: t.array(t.number) })
export type Answer = t.TypeOf<typeof Answer>

const images = op.input('images', [1, 4, 4, 1])
const kernel = op.input('kernel', [2, 2, 1, 1])
const product = op.conv(images, kernel, { stride: 1, dilation: 1, padding: 'valid' })
const [slope = kernel] = differentiate()(op.sum(op.square(product)), [kernel])

/** Where x = 0, 1, … 15 and every weight is 1: Σ 2y·x under each tap. */
const expected: readonly number[] = [3516, 4056, 5676, 6216]

/** Plain JavaScript, which Node runs without a loader. */
const script = `
const [file, folder, inputs, output] = process.argv.slice(1)
const addon = { exports: {} }
process.dlopen(addon, file)
const tf = addon.exports
const model = tf.loadSavedModel(folder, 'serve')
const fed = [
  tf.createTensor([1, 4, 4, 1], 1, Float32Array.from({ length: 16 }, (_, i) => i)),
  tf.createTensor([2, 2, 1, 1], 1, new Float32Array(4).fill(1)),
]
const [slope] = tf.runSavedModel(model, fed, inputs, output)
console.log(JSON.stringify({ version: tf.TF_Version, gpu: tf.isUsingGpuDevice(), slope: [...tf.tensorDataSync(slope.id)] }))
`

const runTrial = (file: string, folder: string) => {
  const emission = emitProgram()({ trial: { outputs: { slope }, updates: [] } })
  const { inputs = {}, outputs = {} } = emission.calls.trial ?? {}
  const fed = [inputs.images, inputs.kernel].map(input => tensorName(input?.ref ?? ''))
  writeFileSync(join(folder, 'saved_model.pb'), savedModel(emission))
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

/**
 * Runs a gradient through the binding.
 *
 * Errors  LoadFailed when it cannot be loaded or run; TrialFailed when the numbers are wrong
 */
export const trial = (file: string): TE.TaskEither<NativeError, Answer> =>
  pipe(
    TE.bracket(
      TE.fromIO<string, string>(() => mkdtempSync(join(tmpdir(), 'espalier-'))),
      folder =>
        pipe(
          runTrial(file, folder),
          TE.mapLeft(failure => (failure._tag === 'NotFound' ? failure.program : reasonOf(failure.output))),
          TE.flatMapEither(({ out }) => parseAnswer(out)),
        ),
      folder => TE.fromIO(() => rmSync(folder, { recursive: true, force: true })),
    ),
    TE.mapLeft((reason): NativeError => ({ _tag: 'LoadFailed', file, reason, mend: engineCommand() })),
    TE.flatMap(answer =>
      expected.every((value, nth) => Math.abs(value - (answer.slope[nth] ?? 0)) <= 1e-4 * value)
        ? TE.right(answer)
        : TE.left<NativeError, Answer>({ _tag: 'TrialFailed', file, expected: expected, got: answer.slope }),
    ),
  )
