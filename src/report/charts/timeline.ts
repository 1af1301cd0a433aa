/** Charts of a run over its epochs: accuracy, loss, size. */
import type { Key } from '../html/parts.js'
import type { StageSpan, Story } from '../pages/story.js'
import { counted, percent } from '../text/numbers.js'
import type { Chart } from './draw.js'
import { accuracyAxis, errorOf, leastLoss, lossAxis } from './score-axes.js'
import { colours, fontSize, frame, specOf } from './theme.js'

/** The marks of accuracy and loss. */
export const scoreKeys: readonly Key[] = [
  { name: 'validation', colour: colours.validation, mark: 'line' },
  { name: 'training', colour: colours.training, mark: 'dashed' },
]

/** The marks of cuts. */
export const cutKeys: readonly Key[] = [
  { name: 'right after a cut, before any training', colour: colours.cut, mark: 'triangle' },
  { name: 'batch norm measured again', colour: colours.repaired, mark: 'diamond' },
]

export const growthKey: Key = { name: 'a net met while growing', colour: colours.grown, mark: 'triangle-up' }

type Measure = 'accuracy' | 'loss'

/** What a measure is drawn as. */
const plotted: { readonly [M in Measure]: (score: { readonly [N in Measure]: number }) => number } = {
  accuracy: ({ accuracy }) => errorOf(accuracy),
  loss: ({ loss }) => Math.max(loss, leastLoss),
}

const epochAxis = {
  field: 'epochs',
  type: 'quantitative',
  title: 'epochs',
  scale: { nice: false },
  axis: { tickMinStep: 1 },
} as const

type ScoreAxis = ReturnType<typeof accuracyAxis> | ReturnType<typeof lossAxis>

/** Fits every score of the story. */
const axisOf = ({ epochs, cuts, growths }: Story, measure: Measure): ScoreAxis => {
  const scores = [
    ...epochs.flatMap(({ training, validation }) => [training, validation]),
    ...cuts.flatMap(({ raw, repaired }) => [raw, repaired]),
    ...growths.map(({ validation }) => validation),
  ]
  const values = scores.map(plotted[measure])
  return measure === 'accuracy' ? accuracyAxis(values, 'accuracy') : lossAxis(values, 'loss, nats an image')
}

/** Pixels of a letter of a stage's name, and of what stands beside the bands of a chart. */
const letterWidth = 7
const axisWidth = 80

/** The number of a stage, with its name where its band has room for it. */
const stageText = ({ stage, name, from, to }: StageSpan, pixelsAnEpoch: number): string => {
  const [whole, number] = [`${stage + 1} ${name}`, `${stage + 1}`]
  const fits = (text: string): boolean => text.length * letterWidth + 5 < (to - from) * pixelsAnEpoch
  return [whole, number].find(fits) ?? ''
}

/** Every other stage on a ground of its own, with its name on top. */
const stageLayers = ({ stages, length }: Story, width: number) => {
  const spans = stages.filter(({ from, to }) => to > from)
  const pixelsAnEpoch = (width - axisWidth) / Math.max(1, length)
  return [
    {
      data: { values: spans.filter((_, nth) => nth % 2 === 0) },
      mark: { type: 'rect', color: colours.band },
      encoding: { x: { ...epochAxis, field: 'from' }, x2: { field: 'to' } },
    },
    {
      data: { values: spans.map(span => ({ ...span, text: stageText(span, pixelsAnEpoch) })) },
      mark: {
        type: 'text',
        align: 'left',
        baseline: 'top',
        dx: 5,
        dy: 3,
        color: colours.muted,
        fontSize,
        y: 0,
      },
      encoding: { x: { ...epochAxis, field: 'from' }, text: { field: 'text' } },
    },
  ] as const
}

const line = (values: readonly object[], axis: ScoreAxis, color: string, dash: readonly number[]) =>
  ({
    data: { values: [...values] },
    mark: { type: 'line', color, strokeWidth: 2, strokeDash: [...dash], strokeJoin: 'round' },
    encoding: { x: epochAxis, y: axis, order: { field: 'nth' } },
  }) as const

interface PointMark {
  readonly color: string
  readonly shape: string
  readonly filled: boolean
  /** Square pixels. */
  readonly size?: number
}

const points = (values: readonly object[], axis: ScoreAxis, mark: PointMark) =>
  ({
    data: { values: [...values] },
    mark: { type: 'point', size: 70, ...mark, opacity: 1, strokeWidth: 1.8 },
    encoding: { x: epochAxis, y: axis },
  }) as const

/** The validation score over time: where a net is cut, it falls, and comes back at the same epoch. */
const validationPath = ({ epochs, cuts }: Story, of: (score: Story['cuts'][number]['raw']) => number) =>
  [
    ...epochs.map(({ epochs: x, validation }) => ({ epochs: x, nth: 3 * x, y: of(validation) })),
    ...cuts.flatMap(({ epochs: x, raw, repaired }) => [
      { epochs: x, nth: 3 * x + 1, y: of(raw) },
      { epochs: x, nth: 3 * x + 2, y: of(repaired) },
    ]),
  ].sort((a, b) => a.nth - b.nth)

const scoreLayers = (story: Story, measure: Measure) => {
  const of = plotted[measure]
  const axis = axisOf(story, measure)
  const scored = (score: 'raw' | 'repaired') =>
    story.cuts.map(cut => ({ epochs: cut.epochs, y: of(cut[score]) }))
  return [
    line(
      story.epochs.map(({ epochs, training }, nth) => ({ epochs, nth, y: of(training) })),
      axis,
      colours.training,
      [5, 3],
    ),
    line(validationPath(story, of), axis, colours.validation, [1, 0]),
    points(
      story.epochs.map(({ epochs, validation }) => ({ epochs, y: of(validation) })),
      axis,
      {
        color: colours.validation,
        shape: 'circle',
        filled: true,
        size: story.epochs.length > 60 ? 8 : 26,
      },
    ),
    points(scored('raw'), axis, { color: colours.cut, shape: 'triangle-down', filled: false }),
    points(scored('repaired'), axis, { color: colours.repaired, shape: 'diamond', filled: true }),
    points(
      story.growths.map(({ epochs, validation }) => ({ epochs, y: of(validation) })),
      axis,
      { color: colours.grown, shape: 'triangle-up', filled: true },
    ),
  ]
}

const scoreSpec = (story: Story, measure: Measure, height: number) => (width: number) =>
  specOf({
    ...frame(width, height),
    layer: [...stageLayers(story, width), ...scoreLayers(story, measure)],
  })

const lastText = ({ epochs }: Story): string => {
  const last = epochs.at(-1)
  return last === undefined ? 'no epoch yet' : `${percent(last.validation.accuracy)} validation at the end`
}

export const accuracyChart = (story: Story): Chart => ({
  label: `Training and validation accuracy over ${story.length} epochs: ${lastText(story)}, ${counted(story.cuts.length, 'cut')}`,
  spec: scoreSpec(story, 'accuracy', 330),
  wide: true,
})

export const lossChart = (story: Story): Chart => ({
  label: `Training and validation loss over ${story.length} epochs`,
  spec: scoreSpec(story, 'loss', 250),
})

/** A step for each change of size, up to the end. */
const sizeSteps = ({ sizes, length }: Story, of: 'params' | 'macs') => {
  const last = sizes.at(-1)
  return [...sizes, ...(last === undefined ? [] : [{ ...last, epochs: length }])].map((size, nth) => ({
    epochs: size.epochs,
    y: size[of],
    nth,
  }))
}

/** The area and the edge of a size over time; `most`: the top of its axis. */
const sizeLayers = (values: readonly object[], most: number, title: string) => {
  const data = { values: [...values] }
  const y = { field: 'y', type: 'quantitative', title, axis: { format: '~s', tickCount: 5 } }
  const order = { field: 'nth' }
  const mark = { interpolate: 'step-after', color: colours.wood }
  return [
    {
      data,
      mark: { ...mark, type: 'area', opacity: 0.22, line: false },
      encoding: { x: epochAxis, y: { ...y, stack: null, scale: { domainMax: most } } },
    },
    { data, mark: { ...mark, type: 'line', strokeWidth: 2 }, encoding: { x: epochAxis, y, order } },
  ]
}

/** A measure of the net's size over time. */
export const sizeChart = (story: Story, of: 'params' | 'macs', what: string): Chart => {
  const values = sizeSteps(story, of)
  const most = 1.14 * Math.max(...values.map(({ y }) => y)) // room for the names of stages
  return {
    label: `${what} over ${story.length} epochs: from ${values[0]?.y ?? 0} to ${values.at(-1)?.y ?? 0}`,
    spec: width =>
      specOf({
        ...frame(width, 250),
        layer: [...stageLayers(story, width), ...sizeLayers(values, most, what)],
      }),
  }
}
