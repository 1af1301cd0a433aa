/** Logarithmic axes of accuracy, drawn as its error, and of loss: they fit what is drawn, and have ticks there. */

/** The least error and loss that are drawn, where nothing was wrong. */
const leastError = 1e-4
export const leastLoss = 1e-5

/** An error as it is drawn: a logarithmic axis spreads what is nearly right. */
export const errorOf = (accuracy: number): number => Math.max(1 - accuracy, leastError)

const errorTicks = [
  0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0001,
]

const lossTicks = [1e-4, 1e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 7, 10]

type Domain = readonly [low: number, high: number]

/** The least ratio of an axis' ends, below which a flat line would fill it. */
const leastRatio = 2

/** From the least value to the largest; where they lie close together, as far around them as an axis needs, up to `most`. */
const domainOf = (values: readonly number[], most: number): Domain => {
  const [low, high] =
    values.length === 0 ? [most / leastRatio, most] : [Math.min(...values), Math.max(...values)]
  const spare = Math.sqrt(Math.max(1, leastRatio / (high / low)))
  const top = Math.min(most, high * spare)
  return [Math.min(low / spare, top / leastRatio), top]
}

/** Usual ticks inside; of an axis with fewer than two, its ends and middle, rounded. */
const ticksIn = (ticks: readonly number[], [low, high]: Domain): readonly number[] => {
  const inside = ticks.filter(tick => tick >= low && tick <= high)
  return inside.length > 1
    ? inside
    : [low, Math.sqrt(low * high), high].map(value => Number(value.toPrecision(2)))
}

const axis = (title: string, domain: Domain, ticks: readonly number[]) =>
  ({
    field: 'y',
    type: 'quantitative',
    title,
    scale: { type: 'log', nice: false, padding: 12, domain: [...domain] },
    axis: { values: [...ticksIn(ticks, domain)], labelOverlap: 'greedy', labelSeparation: 5 },
  }) as const

/** Of errors, with accuracies as labels and the best on top. */
export const accuracyAxis = (errors: readonly number[], title: string) => {
  const plain = axis(title, domainOf(errors, 1), errorTicks)
  return {
    ...plain,
    scale: { ...plain.scale, reverse: true },
    axis: { ...plain.axis, labelExpr: "format(100 * (1 - datum.value), '.4~') + ' %'" },
  } as const
}

/** Of losses. */
export const lossAxis = (losses: readonly number[], title: string) => {
  const plain = axis(title, domainOf(losses, Number.POSITIVE_INFINITY), lossTicks)
  return { ...plain, axis: { ...plain.axis, format: '~g' } } as const
}
