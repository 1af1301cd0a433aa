/** A command on a real pseudo-terminal, and what a person sees there in the end. */
import { spawn, spawnSync } from 'node:child_process'
import xterm from '@xterm/headless'
import { root } from './command.js'

/** Python's standard library opens the terminal: there is none in Node's. */
const driver = `
import fcntl, os, pty, select, struct, sys, termios
rows, columns, *command = sys.argv[1:]
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
    os.execvp(command[0], command)
sys.stderr.write(f'{pid}\\n')
sys.stderr.flush()
while True:
    ready, _, _ = select.select([master, 0], [], [])
    if master in ready:
        try:
            seen = os.read(master, 65536)
        except OSError:
            break
        if not seen:
            break
        os.write(1, seen)
    if 0 in ready:
        typed = os.read(0, 1024)
        if not typed:
            os.close(master)
            break
        os.write(master, typed)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`

export const hasTerminals =
  process.platform !== 'win32' && spawnSync('python3', ['-c', 'import pty']).status === 0
if (!hasTerminals) console.warn('skipped: without python3 there is no pseudo-terminal')

export interface Seen {
  /** As shells have it: 128 and more where a signal ended the command. */
  readonly code: number | null
  /** The lines that are there in the end; one that the terminal wrapped is one. */
  readonly lines: readonly string[]
  /** Every byte that was written. */
  readonly raw: string
}

/** What is done once a text is there. */
export interface Gesture {
  readonly at: string | RegExp
  readonly send: 'Ctrl-C' | 'hang up' | NodeJS.Signals
  /** Milliseconds later. */
  readonly after?: number
}

interface Ways {
  readonly columns?: number
  readonly gestures?: readonly Gesture[]
  readonly env?: NodeJS.ProcessEnv
}

const rows = 40

const showing = async (raw: string, columns: number): Promise<readonly string[]> => {
  const terminal = new xterm.Terminal({ rows, cols: columns, allowProposedApi: true })
  await new Promise<void>(resolve => terminal.write(raw, resolve))
  const { active } = terminal.buffer
  return Array.from({ length: active.length }, (_, nth) => active.getLine(nth))
    .map((line, nth) => `${nth === 0 || line?.isWrapped ? '' : '\n'}${line?.translateToString(true)}`)
    .join('')
    .trimEnd()
    .split('\n')
}

/** A command on a terminal to its end; it fails where there is none within a minute. */
export const onTerminal = (
  command: readonly string[],
  { columns = 80, gestures = [], env = {} }: Ways = {},
): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const { NO_COLOR, FORCE_COLOR, ...others } = process.env
    const child = spawn('python3', ['-c', driver, `${rows}`, `${columns}`, ...command], {
      cwd: root,
      env: { ...others, TERM: 'xterm', ...env },
    })
    let [raw, pid, next] = ['', 0, 0]
    const deadline = setTimeout(() => {
      process.kill(pid, 'SIGKILL')
      reject(new Error(`no end:\n${raw}`))
    }, 60_000)
    const make = (send: Gesture['send']): void => {
      if (send === 'hang up') child.stdin.end()
      else if (send === 'Ctrl-C') child.stdin.write('\x03')
      else process.kill(pid, send)
    }
    child.stderr.once('data', (text: Buffer) => {
      pid = Number(text)
    })
    child.stdout.on('data', (text: Buffer) => {
      raw += text
      const gesture = gestures[next]
      if (gesture === undefined || !raw.match(gesture.at)) return
      next++
      setTimeout(() => make(gesture.send), gesture.after ?? 0)
    })
    child.on('close', async code => {
      clearTimeout(deadline)
      resolve({ code, raw, lines: await showing(raw, columns) })
    })
  })
