/** What the pushes of a study did to the features, variant by variant. */
import type { Features } from '../../../run/review/predictions.js'
import { type Element, element, type Node } from '../../html/element.js'
import { figure, grid, paragraph, section } from '../../html/parts.js'
import { correlationImage, correlationScale, featuresText } from '../features.js'
import type { StudyGroup } from './groups.js'

/** The most variants shown. */
const mostVariants = 24

const picture = (features: Features): Element =>
  element('div', {}, correlationImage(features), `${features.net}: ${featuresText(features)}`)

const variantFigure = ({ number, name, features }: StudyGroup): Element =>
  figure(`${number} ${name}`, element('div', { class: 'pair' }, ...features.map(picture)))

/** Variants that pushed; of an ablation, whose criteria share their pushes, the first of each training. */
const pushedGroups = (groups: readonly StudyGroup[]): readonly StudyGroup[] => {
  const trainings = new Set<unknown>()
  return groups.filter(({ features, facts: { training } }) => {
    if (features.length === 0 || trainings.has(training)) return false
    if (training !== undefined) trainings.add(training)
    return true
  })
}

/** None where nothing was pushed. */
export const featuresSection = (groups: readonly StudyGroup[]): readonly Node[] => {
  const pushed = pushedGroups(groups).slice(0, mostVariants)
  return pushed.length === 0
    ? []
    : [
        section(
          'What the pushes did to the features',
          paragraph(
            'Correlations within classes of the features that each net decides on, on validation images, of its first seed; the feature that separates the classes best at the top left.',
            { class: 'note' },
          ),
          correlationScale,
          grid(...pushed.map(variantFigure)),
        ),
      ]
}
