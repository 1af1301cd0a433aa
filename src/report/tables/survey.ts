/** What a folder of images holds, as lines. */

import type { ImageSurvey, Spread } from '../../data/formats/images/survey.js'
import { sumBy } from '../../io/count.js'
import { counted, thousands } from '../text/numbers.js'
import { listText } from '../text/phrases.js'
import { table } from './table.js'

/** Classes that are listed. */
const mostClasses = 20

const classLines = ({ classes }: ImageSurvey): readonly string[] => [
  table(
    ['class', 'images'],
    classes.slice(0, mostClasses).map(({ name, images }) => [name, thousands(images)]),
  ),
  ...(classes.length > mostClasses ? [`and ${classes.length - mostClasses} more classes`] : []),
]

const spreadText = ({ least, median, most }: Spread): string =>
  least === most ? `${least}` : `${least} to ${most} (median ${median})`

const partsText = ({ parts: { train, test, validation }, isSplit }: ImageSurvey): string =>
  [
    `${thousands(train)} for training`,
    ...(validation === null ? [] : [`${thousands(validation)} for validation`]),
    `${thousands(test)} for testing${isSplit ? ', a share of each class' : ''}`,
  ].join(', ')

/** Below so many images of a class, results vary by chance. */
const fewImages = 50

const fewText = ({ classes }: ImageSurvey): readonly string[] => {
  const few = classes.filter(({ images }) => images < fewImages).map(({ name }) => name)
  return few.length === 0
    ? []
    : [`fewer than ${fewImages} images of ${listText(few)}: results will vary by chance; try more images`]
}

export const surveyLines = (survey: ImageSurvey): readonly string[] => {
  const { classes, width, height, measured, portraits, landscapes, rotated, transparent, unreadable } = survey
  const images = sumBy(classes, ({ images }) => images)
  const colours = survey.isGrey ? 'grey' : 'in colour'
  return [
    ...classLines(survey),
    `${counted(images, 'image')}: ${partsText(survey)}`,
    `${thousands(measured)} measured, ${colours}: ${spreadText(width)} wide, ${spreadText(height)} high; ${landscapes} landscape, ${portraits} portrait`,
    `${rotated} are stored turned (EXIF) and will be turned upright; ${transparent} may be transparent`,
    ...fewText(survey),
    ...(unreadable.length === 0 ? [] : [`${counted(unreadable.length, 'image')} cannot be read`]),
  ]
}
