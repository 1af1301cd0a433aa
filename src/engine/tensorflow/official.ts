/** The official binding as a runtime: a graph is loaded as a SavedModel, and every run blocks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Binding } from './binding.js'
import { float32, type Ref } from './graph/node.js'
import { type SavedGraph, savedModel, tensorName } from './graph/proto.js'
import type { GraphCall, Runner, Runtime } from './runtime.js'

const load = (binding: Binding, graph: SavedGraph): number => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel(graph))
    return binding.loadSavedModel(folder, 'serve')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const joinNames = (refs: readonly Ref[]): string => refs.map(tensorName).join()

/** Names are joined once; all tensors of a run are deleted when it returns. A target is fetched as an output is. */
const prepare =
  (binding: Binding, model: number) =>
  ({ inputs, outputs, targets }: GraphCall): Runner => {
    const fedNames = joinNames(inputs.map(({ ref }) => ref))
    const fetchedNames = joinNames([...outputs, ...targets])
    const run = (feeds: readonly Float32Array[]): readonly Float32Array[] => {
      const fed: number[] = []
      const fetched: number[] = []
      try {
        for (const [nth, { shape }] of inputs.entries())
          fed.push(binding.createTensor(shape, float32, feeds[nth] ?? new Float32Array()))
        for (const { id } of binding.runSavedModel(model, fed, fedNames, fetchedNames)) fetched.push(id)
        return fetched.slice(0, outputs.length).map(binding.tensorDataSync)
      } finally {
        for (const tensor of [...fed, ...fetched]) binding.deleteTensor(tensor)
      }
    }
    return { run, runAsync: async feeds => run(feeds) }
  }

/** The number of threads is that of the process, which its environment gave when the first graph was opened. */
export const officialRuntime = (binding: Binding): Runtime => ({
  version: binding.TF_Version,
  open: graph => {
    const model = load(binding, graph)
    return { prepare: prepare(binding, model), close: () => binding.deleteSavedModel(model) }
  },
  countGraphs: binding.getNumOfSavedModels,
})
