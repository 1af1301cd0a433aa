/** Candidate growths and what their gradients say, as the cells of a table and as a line. */
import type { GrowthsScored, ScoredGrowth } from '../../run/events.js'
import type { GrowthCost } from '../../run/schedule/growth-cost.js'
import { compact, counted, thousands } from '../text/numbers.js'

const units: { readonly [C in GrowthCost]: { readonly one: string; readonly many: string } } = {
  params: { one: 'parameter', many: 'parameters' },
  macs: { one: 'MAC', many: 'MACs' },
}

/** 0.001234, or nothing */
const figureText = (value: number | null): string => (value === null ? '' : `${Number(value.toPrecision(3))}`)

/** widen a, after b: b/grown */
const candidateText = ({ where, at, path }: ScoredGrowth): string =>
  path === at ? `${where} ${at}` : `${where} ${at}: ${path}`

export const scoredHead = ({ per }: Pick<GrowthsScored, 'per'>): readonly string[] => [
  'candidate',
  'gradient',
  units[per].many,
  `per ${units[per].one}`,
  'fate',
]

export const scoredCells = (candidate: ScoredGrowth): readonly string[] => [
  candidateText(candidate),
  figureText(candidate.gradient),
  candidate.cost === null ? '' : thousands(candidate.cost),
  figureText(candidate.score),
  candidate.fate,
]

/** widen a 0.002 (0.12 for 61 parameters), grown */
const scoreText = (candidate: ScoredGrowth, per: GrowthCost): string => {
  const { gradient, cost, score, fate } = candidate
  return cost === null
    ? `${candidateText(candidate)} ${fate}`
    : `${candidateText(candidate)} ${figureText(score)} (${figureText(gradient)} for ${compact(cost)} ${units[per].many})${fate === 'grown' ? ', which grows' : ''}`
}

/** 3 candidates by gradient per parameter: widen a 0.002 (0.12 for 61 parameters), which grows; … */
export const scoredText = ({ per, candidates }: GrowthsScored): string =>
  `${counted(candidates.length, 'candidate')} by gradient per ${units[per].one}: ${candidates.map(each => scoreText(each, per)).join('; ')}`
