/** `espalier engine` and `espalier doctor` */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { diagnose } from '../engine/doctor.js'
import { buildNative, type Stage } from '../engine/tensorflow/install/build.js'
import { sameCommand } from '../io/text/command-text.js'
import { diagnosis } from '../report/tables/diagnosis.js'
import { end } from './exit.js'
import { orInterrupted, stopper, withStopped } from './signals.js'
import { say } from './stderr.js'

interface EngineArguments {
  readonly gpu?: boolean
  readonly tensorflow?: string
}

const stageTexts: { readonly [S in Stage]: string } = {
  tools: 'looking for python, pip and a compiler',
  download: 'downloading TensorFlow',
  checksum: 'checking its sha256',
  unpack: 'unpacking',
  compile: 'compiling the binding and the addon',
  try: 'trying it on a small gradient',
}

export const buildEngine = (options: EngineArguments): Promise<void> => {
  const stop = stopper()
  return end(
    pipe(
      buildNative({ ...options, onProgress: stage => say(`${stageTexts[stage]} …`) }),
      orInterrupted(stop),
      withStopped(stop, () => sameCommand('engine')),
    ),
    ({ file, facts, gpu, kept }) =>
      process.stdout.write(
        `TensorFlow ${facts.tensorflow} ${kept ? 'was built before' : 'is built'} and works${gpu ? ', a GPU is visible' : ''}: ${file}\n`,
      ),
  )
}

export const doctor = (): Promise<void> =>
  end(TE.fromTask(diagnose), found => process.stdout.write(`${diagnosis(found)}\n`))
