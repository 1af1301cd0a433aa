/** Accuracy over parameters: a point a variant with its deviation over seeds, and the front that no other variant beats. */
import type { Key } from '../html/parts.js'
import { paretoFront, type StudyGroup, testDeviation, testMean } from '../pages/study/groups.js'
import type { Chart } from './draw.js'
import { colours, fontSize, frame, seriesColours, seriesShapes, specOf } from './theme.js'

export const paretoKeys: readonly Key[] = [
  { name: 'the front: no other variant is as small and as accurate', colour: colours.muted, mark: 'dashed' },
  { name: 'mean, ± one standard deviation over seeds', colour: colours.ink, mark: 'diamond' },
]

const pointOf = (group: StudyGroup) => {
  const [test, spread] = [100 * testMean(group), 100 * testDeviation(group)]
  return { number: `${group.number}`, params: group.params, test, low: test - spread, high: test + spread }
}

const xAxis = {
  field: 'params',
  type: 'quantitative',
  title: 'parameters',
  scale: { type: 'log', nice: false, padding: 24 },
  axis: { format: '~s', labelOverlap: 'greedy' },
}

const yAxis = {
  field: 'test',
  type: 'quantitative',
  title: 'test accuracy, %',
  scale: { zero: false, padding: 18 },
  axis: { tickCount: 6, format: '.4~' },
}

/** The front as steps: as accurate until a larger net is more so. */
const frontLayer = (groups: readonly StudyGroup[]) => ({
  data: { values: paretoFront(groups).map(pointOf) },
  mark: {
    type: 'line',
    interpolate: 'step-after',
    color: colours.muted,
    strokeDash: [5, 3],
    strokeWidth: 1.5,
  },
  encoding: { x: xAxis, y: yAxis },
})

const pointLayers = (group: StudyGroup) => {
  const at = group.number - 1
  const color = seriesColours[at % seriesColours.length]
  const shape = seriesShapes[at % seriesShapes.length]
  const data = { values: [pointOf(group)] }
  return [
    {
      data,
      mark: { type: 'rule', color, strokeWidth: 1.5 },
      encoding: { x: xAxis, y: { ...yAxis, field: 'low' }, y2: { field: 'high' } },
    },
    {
      data,
      mark: { type: 'point', filled: true, size: 90, opacity: 1, color, shape },
      encoding: { x: xAxis, y: yAxis },
    },
    {
      data,
      mark: { type: 'text', align: 'left', dx: 9, dy: -8, color: colours.ink, fontSize },
      encoding: { x: xAxis, y: yAxis, text: { field: 'number' } },
    },
  ]
}

export const paretoChart = (groups: readonly StudyGroup[]): Chart => ({
  label: `Test accuracy over parameters of ${groups.length} variants; on the front: ${paretoFront(groups)
    .map(({ name }) => name)
    .join(', ')}`,
  spec: width =>
    specOf({ ...frame(width, 380), layer: [frontLayer(groups), ...groups.flatMap(pointLayers)] }),
  wide: true,
})
