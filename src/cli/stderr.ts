/** What is said on stderr, where everything but results goes. */
import { screenOn } from '../report/terminal/screen.js'

export const screen = screenOn(process.stderr)

/** A line. */
export const say = screen.line
