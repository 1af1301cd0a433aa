/** Messages on data sets: files, archives, images, and what reading them leaves out. */
import type { Reason } from '../../../data/notices.js'
import type { FactOf, Messages } from '../fact.js'
import { counted, thousands } from '../numbers.js'
import { listText } from '../phrases.js'

/** Where in a file: its entry, if it is an archive, and the byte. */
const placeText = ({
  file,
  entry,
  offset,
}: {
  readonly file: string
  readonly entry: string | null
  readonly offset: number
}) => `${file}${entry === null ? '' : `, ${entry}`}, byte ${offset}`

/** An image that cannot be decoded, without advice. */
export const unreadableText = (fact: FactOf<'NotAnImage'>): string =>
  `${placeText(fact)}: not an image: ${fact.reason}`

/** What a set's folder must hold. */
const layouts: { readonly [D in FactOf<'PartsMissing'>['data']]: string } = {
  imageFolder: 'train/ and test/ with a folder per class (or train.tar.gz and test.tar.gz)',
  tfrecord: 'the shards of one set, such as train-00000-of-00001 and test-00000-of-00001',
}

/** What was found in a folder, and what to do about it. */
const foundText = (folder: string, found: readonly string[] | null, classes: boolean): string => {
  if (found === null) return `${folder} does not exist`
  if (classes)
    return `found ${listText(found)}: move these class folders into ${folder}/train, and some images of each into ${folder}/test/CLASS`
  const zips = found.filter(name => name.toLowerCase().endsWith('.zip'))
  return `found ${found.length === 0 ? 'nothing' : listText(found)}${zips.length === 0 ? '' : `: unzip ${listText(zips)}`}`
}

/** Why files were left out. */
const reasons: { readonly [R in Reason]: string } = {
  hidden: 'hidden',
  'other ending': 'of another ending',
  'broken link': 'links that lead nowhere',
  'link in an archive': 'links in an archive',
  device: 'neither a file nor a folder',
  'outside the classes': 'in no class folder',
  'beside the parts': 'none of the parts',
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
    `${second.file}: expected the classes of ${first.file}, ${first.got}, got ${second.got}`,
}

const fetchText = ({ sources, reason }: FactOf<'FilesMissing'>): string => {
  const from = sources.length > 0 ? ` (from ${sources.join(', ')})` : ''
  return `${from}, or name their folder with --data${reason === null ? '' : `; ${reason}`}`
}

export const dataMessages = {
  FilesMissing: fact => `${fact.data}: put ${fact.files.join(', ')} into ${fact.folder}${fetchText(fact)}`,
  PartsMissing: ({ data, folder, found, classes }) =>
    `${folder} needs ${layouts[data]}; ${foundText(folder, found, classes)}`,
  ClassesMissing: ({ folder, found }) =>
    `${folder} needs a folder per class with images in it; ${foundText(folder, found, false)}`,
  LeftOut: ({ file, reason, count, first }) =>
    `${file}: ${count === 1 ? '1 entry' : `${thousands(count)} entries`} left out, ${reasons[reason]}: ${first}${count > 1 ? ', …' : ''}`,
  ValidationTests: ({ data, part }) =>
    `${data}: ${part} is the test set, as there is no other; validation images are split off training`,
  ValidationGiven: ({ data, images }) =>
    `${data}: val is the validation set, ${thousands(images)} images; none are split off training`,
  FolderUnread: ({ data, folder }) =>
    `${data}: the images are generated, and none are read from ${folder}; try an experiment whose data is read from a folder, such as mnist()`,
  LabelsFromOne: ({ data, classes }) =>
    `${data}: labels run from 1 to ${classes}; label 1 is the first class`,
  ClassesWithoutImages: ({ data, names, of }) =>
    `${data}: ${names.length} of ${of} classes without a training image: ${listText(names)}; where none should be missing, look at the number of classes and the first label`,
  ClassesAlike: ({ data, names }) =>
    `${data}: classes ${listText(names)} differ in capital letters alone; if they are one class, put them into one folder`,
  ReadFailed: ({ file, reason, mend = 'another path' }) => `${file} cannot be read: ${reason}; try ${mend}`,
  BadStream: fact => `${placeText(fact)}: cannot be unpacked (${fact.reason}); try another copy`,
  Truncated: fact =>
    'file' in fact
      ? `${placeText(fact)}: expected ${counted(fact.expected - fact.offset, 'more byte')}, got the end of the file; try another copy`
      : `byte ${fact.at}: expected ${fact.expected} bytes, got ${fact.got}; try another copy of the file`,
  BadValue: fact => `${placeText(fact)}, ${fact.what}: expected ${fact.expected}, got ${fact.got}`,
  UnsafeEntry: fact =>
    `${placeText(fact)}: expected plain files inside the archive, got ${entryKinds[fact.kind]}; try packing it anew`,
  NotAnImage: fact => `${unreadableText(fact)}; --skip-bad leaves it out`,
  EmptyClass: ({ folder, name }) =>
    `${folder}: expected images in each class, got none that can be read in ${name}; try adding some, or removing the class`,
  ValueMissing: fact =>
    `${placeText(fact)}: expected a value for ${fact.key}, got ${fact.keys.length === 0 ? 'an empty record' : `values for ${listText(fact.keys)}`}; try tfrecord with the keys of these records`,
  PartsDiffer: fact => `${differenceTexts[fact.what](fact)}; try files of one data set`,
  ChecksumDiffers: ({ file, got, expected }) =>
    `${file}: expected the checksum ${expected}, got ${got}; try another copy`,
  BadOption: ({ data, option, got, expected }) => `${data}, ${option}: expected ${expected}, got ${got}`,
} satisfies Partial<Messages>
