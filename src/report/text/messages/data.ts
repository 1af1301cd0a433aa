/** Messages on data sets: files, archives, images, and what reading them leaves out. */
import { readableFormats } from '../../../data/formats/images/decode/signature.js'
import type { Reason } from '../../../data/notices.js'
import type { FactOf, Messages } from '../fact.js'
import { counted, thousands } from '../numbers.js'
import { listText } from '../phrases.js'

/** Where in a file: its entry, if it is an archive, and the byte. */
const locationText = ({
  file,
  entry,
  offset,
}: {
  readonly file: string
  readonly entry: string | null
  readonly offset: number | null
}) => `${file}${entry === null ? '' : `, ${entry}`}${offset === null ? '' : `, byte ${offset}`}`

/** Why an image cannot be decoded. */
const problemText = ({ reason, cutOffAt, format, maxPixels }: FactOf<'NotAnImage'>): string => {
  if (cutOffAt !== undefined) return `expected a whole image, got its first ${counted(cutOffAt, 'byte')}`
  if (maxPixels !== undefined)
    return `expected an image of at most ${thousands(maxPixels)} pixels, got a larger one`
  if (format !== undefined) return `expected an image as ${readableFormats.join(', ')}, got ${format}`
  return `expected an image, got a file that cannot be decoded (${reason})`
}

/** What can be done about this image; `null` for nothing. */
const remedyText = ({ format, maxPixels }: FactOf<'NotAnImage'>): string | null => {
  if (maxPixels !== undefined) return 'scaling it down (magick IMAGE -resize 4000x4000 SMALL.jpg)'
  return format === undefined ? null : 'converting it'
}

const problemAt = (fact: FactOf<'NotAnImage'>): string =>
  `${fact.entry === null ? fact.file : locationText(fact)}: ${problemText(fact)}`

/** An image that cannot be decoded, without advice on all of them. */
export const unreadableText = (fact: FactOf<'NotAnImage'>): string => {
  const remedy = remedyText(fact)
  return remedy === null ? problemAt(fact) : `${problemAt(fact)}; try ${remedy}`
}

/** An image that cannot be decoded, with advice where all of them are read. */
const skippableText = (fact: FactOf<'NotAnImage'>): string => {
  const remedies = [remedyText(fact), '--skip-bad, which leaves it out'].filter(text => text !== null)
  return `${problemAt(fact)}; try ${remedies.join(', or ')}`
}

/** What a set's folder must hold. */
const layouts: { readonly [D in FactOf<'PartsMissing'>['data']]: string } = {
  imageFolder:
    'a folder for each class, or train/ and test/ with a folder for each class (or train.zip and test.zip, or .tar.gz)',
  imageCsv: 'one CSV file of paths and labels, or train.csv and test.csv',
  tfrecord: 'the shards of one set, such as train-00000-of-00001, alone or with test-00000-of-00001',
}

const namesOr = (none: string, found: readonly string[]): string =>
  found.length === 0 ? none : listText(found)

/** What was found in a folder, and what to do about it. */
const foundText = (folder: string, found: readonly string[] | null): string => {
  if (found === null) return 'no such folder; try another path'
  const archive = found.find(name => /\.(tar|tar\.gz|tgz|zip)$/i.test(name))
  const advice =
    archive === undefined
      ? 'the folder above or below it'
      : `${folder}/${archive}, to read this archive alone`
  return `${namesOr('an empty folder', found)}; try ${advice}`
}

/** Why files were left out. */
const reasons: { readonly [R in Reason]: string } = {
  hidden: 'hidden',
  'other ending': 'with another extension',
  'broken link': 'links that lead nowhere',
  'link in an archive': 'links in an archive',
  device: 'neither a file nor a folder',
  'outside the classes': 'in no class folder',
  'beside the parts': 'neither train, val nor test',
}

const entryKinds: { readonly [K in FactOf<'UnsafeEntry'>['kind']]: string } = {
  'leaves its folder': 'a path that leaves its folder',
  link: 'a link',
  device: 'a device',
}

/** In what two files of a data set disagree. */
const differenceTexts: {
  readonly [W in FactOf<'PartsDiffer'>['what']]: (fact: FactOf<'PartsDiffer'>) => string
} = {
  count: ({ first, second }) =>
    `${first.file} and ${second.file}: expected as many images as labels, got ${thousands(Number(first.got))} and ${thousands(Number(second.got))}`,
  size: ({ first, second }) =>
    `${second.file}: expected images of ${first.got}, as in ${first.file}, got ${second.got}`,
  classes: ({ first, second }) =>
    `${second.file}: expected the classes of ${first.file} (${first.got}), got ${second.got}`,
}

const filesMissingText = (fact: FactOf<'FilesMissing'>): string => {
  const { data, files, folder, sources, found, instead } = fact
  const from = sources.length > 0 ? `, or putting them there, from ${sources.join(' or ')}` : ''
  return `${data}: expected ${files.join(', ')} in ${folder}, got ${instead ?? namesOr('none of them', found)}; try --data with the folder that holds them${from}`
}

export const dataMessages = {
  FilesMissing: filesMissingText,
  PartsMissing: ({ data, folder, found }) =>
    `${folder}: expected ${layouts[data]}, got ${foundText(folder, found)}`,
  ClassesMissing: ({ folder, found }) =>
    `${folder}: expected a folder for each class, with images in it, got ${foundText(folder, found)}`,
  LeftOut: ({ file, reason, count, first }) =>
    `${file}: ${count === 1 ? '1 entry' : `${thousands(count)} entries`} left out, ${reasons[reason]}: ${first}${count > 1 ? ', …' : ''}`,
  ValidationTests: ({ data, part }) =>
    `${data}: ${part} is the test set, as there is no other; validation images are split off training`,
  TestSplit: ({ data, images, of }) =>
    `${data}: ${thousands(images)} of ${thousands(of)} images are for testing, the same share of each class, as there is no test part`,
  ValidationGiven: ({ data, images }) =>
    `${data}: val is the validation set, ${thousands(images)} images; none are split off training`,
  FolderUnread: ({ data, folder }) =>
    `${data}: the images are generated, and none are read from ${folder}; try an experiment whose data is read from a folder, such as mnist()`,
  ShardsMissing: ({ data, shards, found, of }) =>
    `${data}: expected the ${of} shards ${shards}, got ${found}; the images of the others are missing; try copying them too`,
  LabelsFromOne: ({ data, classes }) => `${data}: labels run from 1 to ${classes}; 1 is the first class`,
  ImagesTransposed: ({ data }) =>
    `${data}: EMNIST's images are stored on their side, and are turned upright; if they should stay as they are, try transposed: false`,
  ClassesWithoutImages: ({ data, names, of }) =>
    `${data}: ${names.length} of ${of} classes without a training image: ${listText(names)}; if none should be missing, try other classes, or another firstLabel`,
  ClassesUneven: ({ data, largest, smallest }) =>
    `${data}: class ${largest.name} has ${counted(largest.images, 'training image')}, ${smallest.name} has ${thousands(smallest.images)}; if they should count alike, try train({ classWeights: 'balanced' })`,
  DuplicatesFound: ({ data, part, images, of, name }) =>
    `${data}: ${thousands(images)} of ${thousands(of)} ${part} images are training images too, one of them of ${name}; accuracy on them says nothing; try removing them`,
  ClassesAlike: ({ data, names }) =>
    `${data}: classes ${listText(names)} differ in capital letters alone; if they are one class, try one folder for both`,
  ReadFailed: ({ file, reason, mend = 'another path' }) =>
    `${file}: expected a file that can be read, got an error (${reason}); try ${mend}`,
  BadStream: fact =>
    `${locationText(fact)}: expected content that can be read, got an error (${fact.reason}); try another copy`,
  Truncated: fact =>
    'file' in fact
      ? `${locationText(fact)}: expected ${counted(fact.expected - fact.offset, 'more byte')}, got the end of the file; try another copy`
      : `byte ${fact.at}: expected ${counted(fact.expected, 'more byte')}, got ${thousands(fact.got)}; try another copy`,
  BadValue: fact =>
    `${locationText(fact)}, ${fact.what}: expected ${fact.expected}, got ${fact.got}; try another copy, or correct this one`,
  UnsafeEntry: fact =>
    `${locationText(fact)}: expected plain files inside the archive, got ${entryKinds[fact.kind]}; try packing it anew`,
  NotAnImage: skippableText,
  NoImages: ({ folder }) => `${folder}: expected images in it, got none; try another folder`,
  EmptyClass: ({ folder, name }) =>
    `${folder}: expected images in each class, got none that can be read in ${name}; try adding some, or removing the class`,
  ValueMissing: fact =>
    `${locationText(fact)}: expected a value for ${fact.key}, got ${fact.keys.length === 0 ? 'an empty record' : `values for ${listText(fact.keys)}`}; try the option keys of tfrecord, which says how these values are named`,
  PartsDiffer: fact => `${differenceTexts[fact.what](fact)}; try files of one data set`,
  ChecksumDiffers: ({ file, got, expected }) =>
    `${file}: expected the checksum ${expected}, got ${got}; try another copy`,
  BadOption: ({ data, option, got, expected }) => `${data}, ${option}: expected ${expected}, got ${got}`,
} satisfies Partial<Messages>
