/** A program in TensorFlow: one graph with all its calls, loaded once, one native call a run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Graph, Program } from '../../graph/value.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Tensor, Weights } from '../../net/weights.js'
import type { Feeds, Fetched, Session } from '../engine.js'
import type { Binding } from './binding.js'
import { float32, type Ref } from './node.js'
import { type Access, type Call, type Emission, emitProgram } from './program.js'
import { savedModel, tensorName } from './proto.js'

interface Fed {
  readonly shape: Shape
  readonly data: Float32Array
}

/**
 * An array 4 bytes off its allocation. TensorFlow shares the memory of an array it is fed when that happens to
 * be aligned, and a variable assigned from it would later change in place, in JavaScript's memory; this it copies.
 */
const misaligned = (size: number): Float32Array => new Float32Array(size + 1).subarray(1)

const load = (binding: Binding, emission: Emission): number => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel(emission))
    return binding.loadSavedModel(folder, 'serve')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs the graph from `inputNames` to `outputNames`; every tensor it makes is gone when it returns. */
const fetch = (
  binding: Binding,
  model: number,
  feeds: readonly Fed[],
  inputNames: string,
  outputNames: string,
): readonly Float32Array[] => {
  const fed: number[] = []
  const fetched: number[] = []
  try {
    for (const { shape, data } of feeds) fed.push(binding.createTensor(shape, float32, data))
    for (const { id } of binding.runSavedModel(model, fed, inputNames, outputNames)) fetched.push(id)
    return fetched.map(binding.tensorDataSync)
  } finally {
    for (const tensor of [...fed, ...fetched]) binding.deleteTensor(tensor)
  }
}

const listed = (refs: readonly Ref[]): string => refs.map(tensorName).join()

/** One call, its names joined and its feeding arrays made once. */
const runner = (binding: Binding, model: number, { inputs, outputs, done }: Call) => {
  const names = Object.keys(outputs)
  const fedNames = listed(Object.values(inputs).map(({ ref }) => ref))
  const fetchedNames = listed([...Object.values(outputs), done])
  const feeding = Object.entries(inputs).map(([name, { shape }]) => ({
    name,
    shape,
    data: misaligned(sizeOf(shape)),
  }))
  return (feeds: Feeds): Readonly<Record<string, Float32Array>> => {
    for (const { name, shape, data } of feeding) {
      const given = feeds[name]
      if (given?.length !== data.length)
        throw new RangeError(`feed ${name}: wanted [${shape}], got ${given?.length ?? 'nothing'}`)
      data.set(given)
    }
    const values = fetch(binding, model, feeding, fedNames, fetchedNames)
    return Object.fromEntries(names.map((name, nth) => [name, values[nth] as Float32Array])) // as many as names
  }
}

const readAll = (
  binding: Binding,
  model: number,
  variables: readonly (readonly [string, Access])[],
): Weights => {
  const values = fetch(binding, model, [], '', listed(variables.map(([, { read }]) => read)))
  return Object.fromEntries(
    variables.map(([name, { shape }], nth) => [name, { shape, data: values[nth] as Float32Array }]), // as many as variables
  )
}

const writeSome = (
  binding: Binding,
  model: number,
  variables: Emission['variables'],
  weights: Weights,
): void => {
  const known = Object.entries(weights).flatMap(([name, tensor]) => {
    const access = variables[name]
    return access === undefined ? [] : [{ access, tensor }]
  })
  const copied = ({ shape, data }: Tensor): Fed => {
    const copy = misaligned(data.length)
    copy.set(data)
    return { shape, data: copy }
  }
  if (known.length > 0)
    fetch(
      binding,
      model,
      known.map(({ tensor }) => copied(tensor)),
      listed(known.map(({ access }) => access.fed)),
      listed(known.map(({ access }) => access.assigned)),
    )
}

/**
 * Opens a program on a binding. Throws what TensorFlow says.
 *
 * Law  opened and closed any number of times, no tensor and no graph remains
 */
export const openSession = <P extends Program>(binding: Binding, program: P): Session<P> => {
  const emission = emitProgram()(program)
  const model = load(binding, emission)
  fetch(binding, model, [], '', listed([emission.begun]))
  const variables = Object.entries(emission.variables)
  const runners = Object.fromEntries(
    Object.entries(emission.calls).map(([name, call]) => [name, runner(binding, model, call)]),
  )
  const run = <C extends keyof P>(call: C, feeds: Feeds): Fetched<P[C]> => {
    const one = runners[String(call)]
    if (one === undefined) throw new RangeError(`no call ${String(call)}`)
    return one(feeds) as Fetched<P[C] & Graph> // the emission keeps the outputs' names
  }
  return {
    run,
    read: () => (variables.length === 0 ? {} : readAll(binding, model, variables)),
    write: weights => writeSome(binding, model, emission.variables, weights),
    close: () => binding.deleteSavedModel(model),
  }
}
