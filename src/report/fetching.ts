/** A file on its way, as a bar on a terminal and nothing where there is none. */
import { Presets, SingleBar } from 'cli-progress'
import type { Progress, Report } from '../data/download.js'

export interface Fetching {
  readonly report: Report
  readonly done: () => void
}

const format = '  {what} {bar} {percentage} %  {eta_formatted} left'

export const fetching = (stream: NodeJS.WriteStream): Fetching => {
  if (stream.isTTY !== true) return { report: () => undefined, done: () => undefined }
  const bar = new SingleBar(
    { format, stream, hideCursor: true, clearOnComplete: true, barsize: 24 },
    Presets.shades_grey,
  )
  let running = ''
  return {
    report: ({ what, done, total }: Progress) => {
      if (what !== running) {
        bar.start(total, done, { what })
        running = what
      }
      bar.update(done)
    },
    done: () => bar.stop(),
  }
}
