/** The Python of the peers: a venv of its own, made once. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import envPaths from 'env-paths'

const packages = [
  'torch==2.14.1',
  'onnxruntime==1.32.0',
  'numpy==2.4.6',
  'safetensors==0.8.0',
  'torch-pruning==1.6.1',
]

const venv = join(envPaths('espalier', { suffix: '' }).cache, 'bench-peers')

/** The interpreter, unless another is given. */
export const peerPython = join(venv, 'bin', 'python')

/** Makes the venv, and installs the peers into it. */
export const setUpPeers = (): void => {
  if (!existsSync(peerPython)) execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' })
  execFileSync(peerPython, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'inherit' })
}
