/**
 * The cost of Inception-88 at 224²: the experiment of `dsl/imagenet.ts`, one epoch of it, on a folder of generated
 * photographs, an image for each of a thousand classes. Argument: an engine's name.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import imagenet from '../dsl/imagenet.js'
import { openData } from '../src/data/open.js'
import { openEngine } from '../src/engine/open.js'
import { countParams } from '../src/net/counts.js'
import { infer } from '../src/net/infer.js'
import { begin } from '../src/run/run.js'
import { train } from '../src/run/schedule/schedule.js'
import { settingsOf } from '../src/run/storage/settings.js'
import { done, keep, median, photograph, right } from './tools.js'

const classes = 1000
const tested = 32
/** Of the full data set. */
const images = 1_281_167

const [first] = imagenet.schedule
if (first?._tag !== 'train') throw new Error('the experiment begins with training')

const scratch = mkdtempSync(join(tmpdir(), 'espalier-imagenet-'))
const steps: number[] = []
try {
  const encoded = await photograph(500, 375)
  for (let nth = 0; nth < classes; nth++)
    for (const part of nth < tested ? ['train', 'test'] : ['train']) {
      const folder = join(scratch, part, `n${String(nth).padStart(8, '0')}`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, '0.jpg'), encoded)
    }
  const engine = await done(openEngine(process.argv[2]))
  const data = { ...imagenet.data, validation: 0 }
  const dataset = await done(openData({ seed: 0, folder: scratch })(data))
  const experiment = { ...imagenet, data, schedule: [train({ ...first, epochs: 1 })] }
  let last = performance.now()
  const observer = {
    onEvent: () => undefined,
    onStep: () => {
      steps.push(performance.now() - last)
      last = performance.now()
    },
    stopping: () => false,
  }
  const settings = settingsOf(0, engine, dataset, { folder: scratch })
  const result = await done(begin(join(scratch, 'run'), settings, { engine, dataset }, observer)(experiment))
  const seconds = median(steps.slice(1)) / 1000
  const each = first.batchSize / seconds
  const days = (images * first.epochs) / each / 86_400
  keep(
    `imagenet-${engine.name}.txt`,
    [
      `${result.experiment}, ${countParams(right(infer(imagenet.net)))} parameters, 224×224×3, on ${engine.name} ${engine.version}, ${engine.threads} threads`,
      `one epoch of ${classes} generated images: ${steps.length} steps of ${first.batchSize}, ${seconds.toFixed(2)} s a step at the median, ${result.seconds.toFixed(0)} s in all`,
      `resident memory at most ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(1)} GiB`,
      `the full data set: ${images} images × ${first.epochs} epochs / ${each.toFixed(1)} images/s = ${days.toFixed(0)} days`,
    ].join('\n'),
  )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
