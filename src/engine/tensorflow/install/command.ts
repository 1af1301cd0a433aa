/** Runs other programs and collects their output; they are killed when this process exits. */
import { spawn } from 'node:child_process'
import * as TE from 'fp-ts/lib/TaskEither.js'

export type CommandError =
  | { readonly _tag: 'NotFound'; readonly program: string }
  | { readonly _tag: 'Exited'; readonly program: string; readonly code: number; readonly output: string }

export interface CommandOutput {
  readonly out: string
  readonly err: string
}

const runProgram = (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<CommandOutput> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const kill = () => child.kill()
    process.once('exit', kill)
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', () => reject({ _tag: 'NotFound', program }))
    child.on('close', (code, signal) => {
      process.off('exit', kill)
      const said = { out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
      if (code === 0) resolve(said)
      else reject({ _tag: 'Exited', program, code: code ?? 128, output: said.err + said.out || `${signal}` })
    })
  })

/** Runs a program on the PATH; returns its output when it exits. */
export const command = (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): TE.TaskEither<CommandError, CommandOutput> =>
  TE.tryCatch(
    () => runProgram(program, args, env),
    failure => failure as CommandError, // `runProgram` rejects with nothing else
  )

/** The first of `programs` that answers to `args`. */
export const firstOf = (
  programs: readonly [string, ...string[]],
  args: readonly string[],
): TE.TaskEither<CommandError, string> => {
  const [program, ...others] = programs
  const asked = TE.map(() => program)(command(program, args))
  const [next, ...rest] = others
  return next === undefined ? asked : TE.orElse(() => firstOf([next, ...rest], args))(asked)
}
