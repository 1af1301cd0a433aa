/** The time of writing a net in each format, and of reading it again, each in a process that takes its turn. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportModel } from '../../src/convert/export.js'
import { importModel } from '../../src/convert/import.js'
import { readModel } from '../../src/convert/model-file.js'
import { type Target, targets } from '../../src/convert/target.js'
import type { Model } from '../../src/net/weights.js'
import { machine, machineLine } from '../machine.js'
import { timedNet } from '../nets.js'
import { done, keep, median } from '../tools.js'

/** Where each format that is read again has its file. */
const readable: Partial<Readonly<Record<Target, string>>> = {
  onnx: 'model.onnx',
  keras: 'model.keras',
  layers: '.',
}

const timed = async (task: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await task()
  return performance.now() - began
}

const timesOf = async (task: () => Promise<unknown>, rounds: number): Promise<number> => {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await timed(task))
  return median(times)
}

/** A row a format: milliseconds of writing it, and of reading it where it is read. */
const rowsOf = async (name: string, model: Model, rounds: number): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-convert-'))
  const rows: string[] = []
  for (const to of targets) {
    const into = join(folder, to)
    const written = await timesOf(() => done(exportModel({ to, folder: into })(model)), rounds)
    const file = readable[to]
    const read = file === undefined ? null : await timesOf(() => done(importModel(join(into, file))), rounds)
    rows.push(`| ${name} | ${to} | ${written.toFixed(0)} | ${read === null ? '' : read.toFixed(0)} |`)
  }
  rmSync(folder, { recursive: true, force: true })
  return rows
}

/** Writes bench/results/convert.md. */
export const measureConversions = async (
  nets: readonly string[],
  files: string,
  rounds: number,
): Promise<void> => {
  const rows: string[] = []
  for (const name of nets) {
    const { folder } = await timedNet(name, files)
    rows.push(...(await rowsOf(name, await done(readModel(join(folder, 'model.safetensors'))), rounds)))
  }
  const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0)
  const text = [
    '# Export and import',
    `${machineLine(machine())}; medians of ${rounds}; peak memory of the process ${peak} MiB.`,
    ['| net | format | export, ms | import, ms |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n')
  console.log(text)
  keep('convert.md', text)
}
