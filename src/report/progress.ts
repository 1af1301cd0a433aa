/** A run as it goes: a bar an epoch on a terminal, a line an epoch where there is none. */
import type { WriteStream } from 'node:tty'
import { Presets, SingleBar } from 'cli-progress'
import type { Alignment } from '../learn/alignment.js'
import type { Stepped } from '../learn/phase.js'
import { accuracyOf, lossOf } from '../learn/score.js'
import type { RunEvent } from '../run/event.js'
import type { Thin } from '../surgery/trunk.js'
import { duration, grouped, lostText, percent, short } from './number.js'
import { stopText } from './stop.js'

export interface Progress {
  readonly onEvent: (event: RunEvent) => void
  readonly onStep: (stepped: Stepped) => void
  /** Clears what is unfinished, so that a message has a line of its own. */
  readonly stop: () => void
}

/** Images and seconds since the bar began. */
interface Pace {
  readonly began: number
  readonly images: number
}

/** The accuracy of as many best features as hold 95 %, or a few more. */
const byFew = ({ holding95, byFeatures }: Alignment): string => {
  const few = Object.entries(byFeatures).find(([count]) => Number(count) >= holding95)
  return few === undefined ? '' : `, the best ${few[0]} alone ${percent(few[1])}`
}

const aligned = (alignment: Alignment): string => {
  const { separation, correlation, holding95, holding99, features } = alignment
  return `, separation ${separation.toFixed(2)}, correlation ${correlation.toFixed(3)}, ${holding95} and ${holding99} of ${features} features hold 95 and 99 %${byFew(alignment)}`
}

const thinly = (thin: readonly Thin[]): string =>
  `\n  narrow: ${thin.map(({ at, channels, of }) => `${at} ${channels} of ${of} channels`).join(', ')}; everything passes there: try a higher floor or a smaller cut`

const eventLine = (event: RunEvent): string => {
  switch (event._tag) {
    case 'stageBegan':
      return `stage ${event.stage + 1}: ${event.name}`
    case 'epoch':
      return `  epoch ${event.epoch + 1}: loss ${event.training.loss.toFixed(4)}, training ${percent(event.training.accuracy)}, validation ${percent(event.validation.accuracy)}${event.alignment === undefined ? '' : aligned(event.alignment)}`
    case 'pruned':
      return `  pruned ${grouped(event.removed)} channels: ${grouped(event.params)} parameters, ${short(event.macs)} MACs, validation ${percent(event.raw.accuracy)}, ${percent(event.repaired.accuracy)} with batch norm measured again${event.thin === undefined ? '' : thinly(event.thin)}`
    case 'roundEnded':
      return `  round ${event.round + 1} ${event.kept ? 'kept' : 'taken back'}: ${grouped(event.params)} parameters, ${short(event.macs)} MACs, validation ${percent(event.validation.accuracy)}`
    case 'grown':
      return `  ${event.gain === null ? 'growing from' : 'grown'} ${event.name}${event.exact ? '' : ', not exactly'}: ${grouped(event.params)} parameters, ${short(event.macs)} MACs, validation ${percent(event.validation.accuracy)}${event.gain === null ? '' : `, gain ${percent(event.gain)}`}`
    case 'roundsStopped':
      return `  stopped: ${stopText(event)}`
    case 'stageEnded':
      return `  ${event.result.name} done: ${grouped(event.result.params)} parameters, validation ${percent(event.result.validation.accuracy)}${event.result.lost === undefined ? '' : `, ${lostText(event.result.lost)}`}, ${duration(event.result.seconds)}`
  }
}

/** What a bar shows beside itself: loss, accuracy, images a second, time left of the phase. */
const gauges = ({ score, epoch, epochs, step, steps }: Stepped, pace: Pace, now: number) => {
  const perSecond = (score.images - pace.images) / Math.max(1e-9, now - pace.began)
  const imagesLeft = ((epochs - epoch) * steps - step) * (score.images / Math.max(1, step))
  return {
    epoch: `${epoch + 1}/${epochs}`,
    loss: lossOf(score).toFixed(4),
    accuracy: percent(accuracyOf(score)),
    speed: grouped(perSecond),
    left: duration(imagesLeft / Math.max(1e-9, perSecond)),
  }
}

const format =
  '  epoch {epoch} {bar} {value}/{total}  loss {loss}  accuracy {accuracy}  {speed} images/s  {left} left'

const onTerminal = (stream: WriteStream): Progress => {
  const bar = new SingleBar(
    { format, stream, hideCursor: true, clearOnComplete: true, barsize: 24 },
    Presets.shades_grey,
  )
  let pace: Pace | null = null
  const stop = () => {
    if (pace !== null) bar.stop()
    pace = null
  }
  return {
    stop,
    onEvent: event => {
      stop()
      stream.write(`${eventLine(event)}\n`)
    },
    onStep: stepped => {
      const now = performance.now() / 1000
      if (pace === null) {
        pace = { began: now, images: stepped.score.images }
        bar.start(stepped.steps, stepped.step, gauges(stepped, pace, now))
      }
      bar.update(stepped.step, gauges(stepped, pace, now))
    },
  }
}

const onPaper = (stream: NodeJS.WriteStream): Progress => ({
  stop: () => undefined,
  onEvent: event => void stream.write(`${eventLine(event)}\n`),
  onStep: () => undefined,
})

export const progress = (stream: NodeJS.WriteStream): Progress =>
  stream.isTTY === true ? onTerminal(stream as WriteStream) : onPaper(stream) // isTTY says it is one
