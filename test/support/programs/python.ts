/** A Python with other people's libraries, where the environment names one. */
import { execFileSync } from 'node:child_process'

/** The program in `ESPALIER_PYTHON`. */
export const python = process.env.ESPALIER_PYTHON

/** Whether it has a module; false where no Python is named. */
export const hasModule = (name: string): boolean => {
  if (python === undefined) return false
  try {
    execFileSync(python, [
      '-c',
      `import importlib.util, sys; sys.exit(importlib.util.find_spec('${name}') is None)`,
    ])
    return true
  } catch {
    return false
  }
}

/** Runs a script to its end; gives what it printed. */
export const runPython = (script: string, ...args: readonly string[]): string =>
  execFileSync(python ?? 'python3', ['-c', script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
