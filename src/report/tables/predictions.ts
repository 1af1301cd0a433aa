/** The classes of an image as a line of text, of JSON or of CSV. */
import type { ClassProbability } from '../../learn/evaluation/predict.js'
import { percent } from '../text/numbers.js'

/** How predictions are written: what comes first, and the lines of one image. */
export interface PredictionFormat {
  readonly header: string
  readonly lines: (image: string, classes: readonly ClassProbability[]) => string
}

/** A field as RFC 4180 has it. */
const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const csvRow = (fields: readonly (string | number)[]): string =>
  `${fields.map(field => csvField(`${field}`)).join(',')}\n`

/** By name of the format. */
export const predictionFormats = {
  text: {
    header: '',
    lines: (image, classes) =>
      `${image}: ${classes.map(({ name, probability }) => `${name} ${percent(probability)}`).join(', ')}\n`,
  },
  json: {
    header: '',
    lines: (image, classes) => `${JSON.stringify({ image, classes })}\n`,
  },
  csv: {
    header: csvRow(['image', 'rank', 'class', 'probability']),
    lines: (image, classes) =>
      classes.map(({ name, probability }, nth) => csvRow([image, nth + 1, name, probability])).join(''),
  },
} as const satisfies Record<string, PredictionFormat>
