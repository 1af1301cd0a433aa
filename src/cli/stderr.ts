/** Output on stderr: everything but results. */
import { screenOn } from '../report/terminal/screen.js'

export const screen = screenOn(process.stderr)

/** Prints a line. */
export const say = screen.line
