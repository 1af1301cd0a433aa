/** A program in TensorFlow: one graph with all its calls, loaded once; each run is one native call. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from '../../graph/graph.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import type { Binding } from './binding.js'
import { float32, type Ref } from './graph/node.js'
import { type Access, type Call, type Emission, emitProgram } from './graph/program.js'
import { savedModel, tensorName } from './graph/proto.js'

interface Feed {
  readonly shape: Shape
  readonly data: Float32Array
}

/** A loaded graph. */
interface Loaded {
  readonly binding: Binding
  readonly model: number
}

const load = (binding: Binding, emission: Emission): Loaded => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel(emission))
    return { binding, model: binding.loadSavedModel(folder, 'serve') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs the graph from `inputs` to `outputs`, named and joined by commas; all its tensors are deleted when it
 * returns. TensorFlow copies the feeds that it keeps; the results are copies.
 */
const fetch = (
  { binding, model }: Loaded,
  feeds: readonly Feed[],
  inputs: string,
  outputs: string,
): readonly Float32Array[] => {
  if (outputs === '') return []
  const fed: number[] = []
  const fetched: number[] = []
  try {
    for (const { shape, data } of feeds) fed.push(binding.createTensor(shape, float32, data))
    for (const { id } of binding.runSavedModel(model, fed, inputs, outputs)) fetched.push(id)
    return fetched.map(binding.tensorDataSync)
  } finally {
    for (const tensor of [...fed, ...fetched]) binding.deleteTensor(tensor)
  }
}

const joinNames = (refs: readonly Ref[]): string => refs.map(tensorName).join()

const feedOf = (name: string, shape: Shape, data: Float32Array | undefined): Feed => {
  if (data?.length !== sizeOf(shape))
    throw new RangeError(`feed ${name}: expected [${shape}], got ${data?.length ?? 'nothing'}`)
  return { shape, data }
}

/** A function that runs one call; names are joined once. */
const makeRunner = (loaded: Loaded, { inputs, outputs, done }: Call) => {
  const names = Object.keys(outputs)
  const ports = Object.entries(inputs)
  const fedNames = joinNames(ports.map(([, { ref }]) => ref))
  const fetchedNames = joinNames([...Object.values(outputs), done])
  return (feeds: Feeds): Readonly<Record<string, Float32Array>> => {
    const fed = ports.map(([name, { shape }]) => feedOf(name, shape, feeds[name]))
    const values = fetch(loaded, fed, fedNames, fetchedNames)
    return Object.fromEntries(names.map((name, nth) => [name, values[nth] as Float32Array])) // as many as names
  }
}

const readVariables = (loaded: Loaded, variables: readonly (readonly [string, Access])[]): Weights => {
  const values = fetch(loaded, [], '', joinNames(variables.map(([, { read }]) => read)))
  return Object.fromEntries(
    variables.map(([name, { shape }], nth) => [name, { shape, data: values[nth] as Float32Array }]), // as many as variables
  )
}

const writeVariables = (loaded: Loaded, variables: Emission['variables'], weights: Weights): void => {
  const known = Object.entries(weights).flatMap(([name, { data }]) => {
    const access = variables[name]
    return access === undefined ? [] : [{ access, fed: feedOf(name, access.shape, data) }]
  })
  fetch(
    loaded,
    known.map(({ fed }) => fed),
    joinNames(known.map(({ access }) => access.fed)),
    joinNames(known.map(({ access }) => access.assigned)),
  )
}

/**
 * Opens a program on a binding. Throws TensorFlow's error.
 *
 * Law  after closing, no tensor and no graph remains
 */
export const openSession = <P extends Program>(
  binding: Binding,
  program: P,
  constants: Weights = {},
): Session<P> => {
  const emission = emitProgram()(program, constants)
  const loaded = load(binding, emission)
  fetch(loaded, [], '', joinNames([emission.begun]))
  const variables = Object.entries(emission.variables)
  const runners = new Map(
    Object.entries(emission.calls).map(([name, call]) => [name, makeRunner(loaded, call)] as const),
  )
  const run = <C extends keyof P>(call: C, feeds: Feeds): Fetched<P[C]> => {
    const runCall = runners.get(String(call))
    if (runCall === undefined) throw new RangeError(`no call ${String(call)}`)
    return runCall(feeds) as Fetched<P[C]> // the emission keeps the outputs' names
  }
  return {
    run,
    read: () => ({ ...readVariables(loaded, variables), ...constants }),
    write: weights => writeVariables(loaded, emission.variables, weights),
    close: () => binding.deleteSavedModel(loaded.model),
  }
}
