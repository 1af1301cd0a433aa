/** An experiment for a folder of images as the text of a DSL file, with comments for whoever edits it. */

import * as E from 'fp-ts/lib/Either.js'
import type { ImageSurvey } from '../../data/formats/images/survey.js'
import { sumBy } from '../../io/count.js'
import { infer } from '../../net/infer.js'
import { modules, type SeedlingPlan, seedlingNet } from '../../run/seedling.js'
import { counted } from './numbers.js'
import { listText, shapeText } from './phrases.js'

/** What the text says beside the plan. */
export interface ExperimentFile {
  readonly name: string
  /** The module that words are imported from. */
  readonly source: string
  /** The command that runs the file. */
  readonly command: string
}

/** A name given by a user, inside a comment. */
const inComment = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ').replaceAll('*/', '* /')

const moduleText = (name: keyof typeof modules): string => {
  const { point, three, pool } = modules[name]
  return `inception('${name}', { point: ${point}, three: [${three.join(', ')}], pool: ${pool} })`
}

/** The layers of `seedlingNet`, as written. */
const layerTexts = ({ stride }: SeedlingPlan, classes: number): readonly string[] => [
  `convBnAct(16, 3, { name: 'stem'${stride === 1 ? '' : `, stride: ${stride}`} }),`,
  'maxPool(),',
  `${moduleText('a')},`,
  'maxPool(),',
  `${moduleText('b')},`,
  'globalAvgPool,',
  `dense(${classes}),`,
]

/** Text and comment side by side, the comments one below the other. */
const aligned = (rows: readonly (readonly [text: string, comment: string])[]): readonly string[] => {
  const width = Math.max(...rows.map(([text]) => text.length))
  return rows.map(([text, comment]) => `${text.padEnd(width)}   // ${comment}`)
}

const netLines = (name: string, plan: SeedlingPlan, classes: number): readonly string[] => {
  const net = seedlingNet(name, plan, classes)
  const checked = infer(net)
  const shapeOf = (nth: number): string =>
    E.isLeft(checked)
      ? ''
      : shapeText(checked.right.layers.get(net.body.layers[nth]?.name ?? '')?.output ?? [])
  return aligned(layerTexts(plan, classes).map((text, nth) => [`  ${text}`, shapeOf(nth)]))
}

const augmentations = ({ shift, flips }: SeedlingPlan): string =>
  `[${flips ? `randomCrop(${shift}, { fill: 'mirror' }), flip` : `shift(${shift})`}]`

const augmentNote = ({ flips }: SeedlingPlan): string =>
  flips
    ? 'each epoch shows other crops; leave flip out where left and right differ'
    : 'each epoch shows them elsewhere; add flip where mirrored images show the same'

/** An option and its comment, where it applies. */
const optionRow = (
  applies: boolean,
  option: string,
  comment: string,
): readonly (readonly [text: string, comment: string])[] => (applies ? [[`  ${option},`, comment]] : [])

const dataLines = (survey: ImageSurvey, { name }: ExperimentFile, plan: SeedlingPlan): readonly string[] => [
  'const photos = imageFolder(size, {',
  ...aligned([
    [
      `  name: '${name}',`,
      'images are turned upright, scaled to cover that size and cropped to their centre',
    ],
    [`  augment: ${augmentations(plan)},`, augmentNote(plan)],
    ...optionRow(
      survey.transparent > 0,
      'background: [255, 255, 255]',
      'what shows through transparent images: white',
    ),
    ...optionRow(
      survey.depth > 1,
      `depth: ${survey.depth}`,
      `a class is ${survey.depth} folders, one in the other`,
    ),
    ...optionRow(
      survey.parts.validation === null,
      `validation: ${plan.validation}`,
      'the share of the training images that decides when to stop',
    ),
    ...optionRow(survey.isSplit, 'test: 0.2', 'the share of each class that is tested on, once, at the end'),
  ]),
  '})',
]

const wordsOf = ({ flips }: SeedlingPlan): readonly string[] =>
  [
    ...[
      'convBnAct',
      'dense',
      'distill',
      'experiment',
      'globalAvgPool',
      'grow',
      'image',
      'imageFolder',
      'inception',
    ],
    ...['maxPool', 'net', 'prune', 'push', 'train', 'whileAccuracy'],
    ...(flips ? ['flip', 'randomCrop'] : ['shift']),
  ].sort()

const half = (epochs: number): number => Math.max(2, Math.round(epochs / 2))

const scheduleLines = ({ epochs, round, batchSize, balances }: SeedlingPlan): readonly string[] => {
  const options = `batchSize: ${batchSize}${balances ? ', balanced: true' : ''}`
  return [
    '  // grow: the small net learns; then a module is added, as long as validation gains a point',
    `  train({ epochs: ${epochs}, ${options} }),`,
    `  grow({ after: 'b', module, max: 2, minDelta: 0.01 }, train({ epochs: ${half(epochs)}, ${options} })),`,
    '  // push and prune: what is needed moves onto few channels, and the others are cut, while at most',
    "  // 5 % of the accuracy is lost; '5 points' would be a difference",
    "  whileAccuracy({ within: '5%', rounds: 8 },",
    `    push({ epochs: ${round.push}, batchSize: ${batchSize}, learningRate: 0.05 }),`,
    "    prune({ by: 'discriminantTrace' }),",
    `    train({ epochs: ${round.train}, learningRate: 0.05, ${options} })),`,
    '  // re-train: the pruned net learns from the images, and from the net it was',
    `  train({ epochs: ${half(epochs)}, ${options}, distill }),`,
  ]
}

const classText = ({ classes }: ImageSurvey): string =>
  inComment(listText(classes.map(({ name, images }) => `${name} ${images}`)))

const sizeText = ({ width, height }: ImageSurvey): string =>
  `${width.least}×${height.least} to ${width.most}×${height.most} pixels`

/** Law  the file type-checks, and its experiment passes every check before training */
export const experimentFile = (survey: ImageSurvey, plan: SeedlingPlan, file: ExperimentFile): string => {
  const { side, channels } = plan
  const { name, source, command } = file
  const classes = survey.classes.length
  const images = sumBy(survey.classes, ({ images }) => images)
  return [
    `/** ${name}: a small net that grows, and is pushed and pruned, for ${counted(images, 'image')} of ${classes} classes. ${side}×${side}×${channels} → ${classes} */`,
    `import { ${wordsOf(plan).join(', ')} } from '${source}'`,
    '',
    `// ${classText(survey)}; ${sizeText(survey)}. To run it:`,
    `// ${inComment(command)}`,
    '',
    ...aligned([
      [`const size = image(${side}, ${side}, ${channels})`, 'larger images show more, and take longer'],
    ]),
    ...dataLines(survey, file, plan),
    '',
    ...aligned([[`const module = ${moduleText('c')}`, 'what grows: three branches, side by side']]),
    '',
    `const seedling = net('${name}', size,`,
    ...netLines(name, plan, classes),
    ')',
    '',
    'export default experiment(seedling, photos,',
    ...scheduleLines(plan),
    ')',
    '',
  ].join('\n')
}
