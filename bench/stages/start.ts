/** The time each command takes from its start to its end, on small inputs, from the sources and as built. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machine, machineLine } from '../machine.js'
import { keep, median } from '../tools.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const model = join(root, 'examples/quickstart.safetensors')

/** Small uses of commands, by name; `out` is a folder that is thrown away. */
const uses = (out: string): Readonly<Record<string, readonly string[]>> => ({
  '--help': ['--help'],
  'describe, a file': ['describe', 'dsl/quickstart.ts'],
  'describe, Inception-88': ['describe', 'dsl/nets/imagenet/inception88.ts'],
  'describe, a model': ['describe', model],
  doctor: ['doctor'],
  'export to ONNX': ['export', model, '--to', 'onnx', '--out', join(out, 'export')],
  'import from ONNX': [
    ...['import', join(out, 'export/onnx/model.onnx')],
    ...['--out', join(out, 'imported.safetensors'), '--no-check'],
  ],
  'prune by weights': [
    'prune',
    model,
    '--keep',
    'macs=0.5',
    '--out',
    join(out, 'pruned.safetensors'),
    '--force',
  ],
})

const milliseconds = (program: readonly string[], args: readonly string[]): number => {
  const began = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [...program, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr.trim()}`)
  return performance.now() - began
}

/** Writes bench/results/start.md. */
export const measureStart = async (rounds: number): Promise<void> => {
  const programs: Readonly<Record<string, readonly string[]>> = {
    'from the sources': ['cli.mjs'],
    ...(existsSync(join(root, 'dist/cli.js')) && { 'as built': ['dist/cli.js'] }),
  }
  const out = mkdtempSync(join(tmpdir(), 'espalier-start-'))
  const times = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++)
    for (const [use, args] of Object.entries(uses(out)))
      for (const [name, program] of Object.entries(programs)) {
        const key = `${use} | ${name}`
        times.set(key, [...(times.get(key) ?? []), milliseconds(program, args)])
      }
  rmSync(out, { recursive: true, force: true })
  const rows = [...times].map(([key, all]) => `| ${key} | ${(median(all) / 1000).toFixed(2)} |`)
  const text = ['| command | program | seconds |', '| --- | --- | --- |', ...rows].join('\n')
  console.log(text)
  keep(
    'start.md',
    `# From start to end of a command\n\n${machineLine(machine())}; medians of ${rounds}.\n\n${text}`,
  )
}
