/** Facts as a person reads them: one line that says what, where, and what would fit. */
import type { NativeError } from '../engine/error.js'
import type { ExportError, ImportError, Tangle } from '../export/error.js'
import type { CriterionName } from '../learn/options.js'
import type { Misread } from '../net/closed.js'
import type { TensorsError } from '../net/safetensors.js'
import type { Shape } from '../net/shape.js'
import type { Difference } from '../run/difference.js'
import type { RunError } from '../run/error.js'
import type { Fixed } from '../run/settings.js'
import { grouped, milliseconds, percent } from './number.js'

/** Everything that can be told. */
export type Fact = RunError | NativeError | ExportError | ImportError | TensorsError | Misread

type Teller<T extends Fact['_tag']> = (fact: Extract<Fact, { readonly _tag: T }>) => string

const shape = (sizes: Shape): string => (sizes.length === 0 ? 'nothing' : sizes.join('×'))
const place = (at: string): string => (at === '' ? 'the net' : at)
const spot = ({
  file,
  entry,
  offset,
}: {
  readonly file: string
  readonly entry: string | null
  readonly offset: number
}) => `${file}${entry === null ? '' : `, ${entry}`}, byte ${offset}`

/** Why layers are no tree of series, branches and sums. */
const tangles: { readonly [T in Tangle]: string } = {
  shared: 'it is used more than once; layers of their own would fit',
  crossing: 'a branch is left on the way; branches that begin and end together would fit',
  circle: 'it leads back to itself',
  'unknown input': 'it is taken as an input, and is not there',
  'not one input': 'one input is wanted',
  'not one output': 'one output is wanted',
}

/** What a criterion goes by, where it has nothing to say. */
const lacking = (criterion: CriterionName): string => {
  if (criterion === 'losers') return 'a push with losers right before the cut would fit'
  return criterion === 'normScale'
    ? 'no batch norm scales channels that may go; taylor would fit'
    : 'a layer with channels that may go, before the last, would fit'
}

/** Differences told one by one. */
const fewest = 5

const differing = (differences: readonly Difference[]): string => {
  const told = differences.slice(0, fewest).map(({ at, began, now }) => `${at} ${began} → ${now}`)
  const more = differences.length - told.length
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** What would go on with a run as it began. */
const mends: { readonly [F in Fixed]: (began: string) => string } = {
  seed: seed => `--seed ${seed}`,
  engine: name => `--engine ${name}`,
  'engine version': version => `version ${version}`,
  threads: threads => `--threads ${threads}`,
  'data checksum': checksum => `data of checksum ${checksum}`,
  'training images': take => (take === 'all' ? 'no --take' : `--take ${take}`),
  'unreadable images': how => (how === 'refused' ? 'no --skip-bad' : '--skip-bad'),
}

const tellers: { readonly [T in Fact['_tag']]: Teller<T> } = {
  WrongRank: ({ at, wanted, got }) =>
    wanted === 'vector'
      ? `${place(at)}: a vector is wanted, a map of ${shape(got)} comes; globalAvgPool or flatten before it would fit`
      : `${place(at)}: a map is wanted, a vector of ${shape(got)} comes`,
  WrongSize: ({ at, what, got, wanted }) => `${place(at)}: ${what} is ${got}; ${wanted} would fit`,
  WindowTooLarge: ({ at, window, map }) =>
    `${at}: a window of ${window} does not fit a map of ${shape(map)}; a smaller one, or padding 'same', would`,
  BranchesDiffer: ({ at, branch, got, wanted }) =>
    `${at}: branch ${branch} gives ${shape(got)} where the others give ${shape(wanted)}; height and width must agree`,
  SumDiffers: ({ at, body, shortcut }) =>
    `${at}: the body gives ${shape(body)}, the shortcut ${shape(shortcut)}; a sum wants one shape`,
  NoBranches: ({ at }) => `${place(at)}: a concat without branches; at least one is wanted`,
  TwoOfOneName: ({ at, name }) =>
    `${place(at)}: two layers are named ${name}; names are unique among siblings`,
  BadName: ({ at, name }) => `${place(at)}: '${name}' is no name; letters, digits, - and _ are`,
  UnknownEngine: ({ name }) => `engine ${name} is unknown; tensorflow, wasm and cpu are known`,
  EngineMissing: ({ engine, missing, mend }) => `engine ${engine}: ${missing}; ${mend}`,
  EngineFailed: ({ engine, reason }) => `engine ${engine} failed: ${reason}`,
  FilesMissing: ({ data, folder, files, sources, reason }) =>
    `${data}: put ${files.join(', ')} into ${folder}${sources.length > 0 ? ` (from ${sources.join(', ')})` : ''}, or name their folder with --data${reason === null ? '' : `; ${reason}`}`,
  ReadFailed: ({ file, reason }) => `${file} cannot be read: ${reason}`,
  BadStream: fact => `${spot(fact)}: ${fact.reason}`,
  Truncated: fact =>
    'file' in fact
      ? `${spot(fact)}: the file ends where ${fact.wanted} bytes were announced`
      : `byte ${fact.at}: ${fact.wanted} bytes were announced, ${fact.got} are there`,
  BadValue: fact => `${spot(fact)}: ${fact.what} is ${fact.got}; ${fact.wanted} would fit`,
  UnsafeEntry: fact =>
    `${spot(fact)}: the entry ${fact.kind === 'leaves its folder' ? fact.kind : `is a ${fact.kind}`}; plain files inside the archive would fit`,
  NotAnImage: fact => `${spot(fact)}: not an image: ${fact.reason}; --skip-bad leaves it out`,
  EmptyClass: ({ folder, name }) => `${folder}: class ${name} has no image; at least one is wanted`,
  ValueMissing: fact => `${spot(fact)}: the record has no ${fact.key}`,
  PartsDiffer: ({ what, first, second }) =>
    `${what}: ${first.got} in ${first.file}, ${second.got} in ${second.file}; they must agree`,
  ChecksumDiffers: ({ file, got, wanted }) => `${file}: its checksum is ${got}, not ${wanted}`,
  BadOption: ({ data, option, got, wanted }) => `${data}: ${option} is ${got}; ${wanted} would fit`,
  UnknownPath: ({ at, where }) => `${where}: no layer is at ${at}; describe lists those there are`,
  WrongWeight: ({ key, wanted, got }) =>
    wanted === null
      ? `weight ${key}: the net has none of that name`
      : `weight ${key}: ${got === null ? 'missing' : `has ${shape(got)}`}, the net wants ${shape(wanted)}`,
  WrongLength: ({ at, wanted, got }) =>
    `${at}: ${got} utilities for ${wanted} channels; one a channel would fit`,
  NotFinite: ({ at, channel, value }) =>
    `${at}: the utility of channel ${channel} is ${value}; a finite number would fit`,
  WrongOption: ({ option, got, wanted }) => `${option} is ${got}; ${wanted} would fit`,
  UnknownChannel: ({ at, channel, channels }) =>
    `${at}: no channel ${channel}; 0 to ${channels - 1} would fit`,
  ProtectedChannel: ({ at, channel }) => `${at}: channel ${channel} is protected, or comes in or goes out`,
  ProtectedBody: ({ at }) => `${at}: its body holds something protected, or must pass something on`,
  EmptyNet: ({ at }) => `${at}: nothing would remain; a lower threshold, or a minimum width, would fit`,
  OutOfReach: ({ measure, wanted, least, limits }) =>
    measure === 'latency'
      ? `${milliseconds(wanted)} an image are out of reach: the fastest net took ${milliseconds(least)}${limits.length === 0 ? '' : `; less of ${limits.join(' and ')} would leave fewer channels`}`
      : `${grouped(wanted)} ${measure} are out of reach: ${limits.length === 0 ? 'what comes in, goes out or is not spoken of' : limits.join(' and ')} leaves ${grouped(least)}${limits.includes('floor') ? '; a lower floor would fit' : ''}`,
  NoEvidence: ({ criterion }) =>
    `criterion ${criterion} speaks of no layer of the net: ${lacking(criterion)}`,
  NoDecision: () =>
    'the net ends neither in a dense layer nor in a 1×1 convolution and globalAvgPool, which push and trace need',
  NotProven: ({ difference, tolerance }) =>
    `the pruned net differs from the masked one by ${difference.toExponential(1)}, more than ${tolerance}; please report this`,
  WrongPlace: ({ at, got, wanted }) => `${at} is a ${got}; ${wanted} would fit`,
  OutputDiffers: ({ at, got, wanted }) =>
    `growing at ${at} would make the net give ${shape(got)}; it gives ${shape(wanted)}, which must stay`,
  NothingToWiden: ({ at }) =>
    `${at}: nothing inside can be wider: all its channels come in, go out or are tied to such`,
  Tied: ({ at, to }) => `${at}: a sum ties its channels to ${to}; growing inside it would fit`,
  OverBudget: ({ measure, limit, got }) =>
    measure === 'latency'
      ? `grown, the net would take ${milliseconds(got)} an image; the budget is ${milliseconds(limit)}`
      : `grown, the net would have ${grouped(got)} ${measure}; the budget is ${grouped(limit)}`,
  ToolMissing: ({ tool, tried, mend }) => `no ${tool} found (tried ${tried.join(', ')}); ${mend}`,
  PackageMissing: ({ name, mend }) => `package ${name} is not installed; ${mend}`,
  NoWheel: ({ platform, mend }) => `no known TensorFlow for ${platform}; ${mend}`,
  DownloadRefused: ({ requirement, reason, mend }) =>
    `${requirement} could not be downloaded: ${reason}; ${mend}`,
  ChecksumMismatch: ({ file, got, mend }) => `${file}: its sha256, ${got}, is none of those pinned; ${mend}`,
  WheelBroken: ({ file, reason, mend }) => `${file} cannot be unpacked: ${reason}; ${mend}`,
  NotTensorFlow: ({ folder, lacks, mend }) => `${folder} is no TensorFlow: ${lacks} is missing; ${mend}`,
  CompileFailed: ({ compiler, reason, mend }) => `${compiler} failed: ${reason}; ${mend}`,
  LoadFailed: ({ file, reason, mend }) => `${file} does not load: ${reason}; ${mend}`,
  TrialFailed: ({ file, wanted, got }) =>
    `${file} computes wrongly: a gradient is ${got.join(', ')}, not ${wanted.join(', ')}`,
  CacheUnwritable: ({ folder, reason, mend }) => `${folder} cannot be written: ${reason}; ${mend}`,
  Overflow: ({ what, epoch, step }) =>
    `the ${what} overflowed in epoch ${epoch + 1}, step ${step}; the last checkpoint is good: try a lower rate, or clip`,
  DataDiffers: ({ what, net, data }) =>
    what === 'image'
      ? `the net takes ${shape(net)}, the data has images of ${shape(data)}`
      : `the net gives ${shape(net)} classes, the data has ${shape(data)}`,
  TooFewImages: ({ images, batch }) =>
    `${images === null ? 'the images in sight' : `${images} training images`} do not fill a batch of ${batch}; a smaller batch, or more images, would fit`,
  OneValue: ({ at, batch }) =>
    `${at}: batch norm would see one value a channel, whose variance is 0, with a batch of ${batch} on a 1×1 map or a vector; a batch of 2 or more, or no batch norm there, would fit`,
  OneClass: ({ data, name }) =>
    `${data}: all training images are of class ${name}; two classes at least are wanted, to be told apart`,
  Interrupted: () => 'stopped as asked; all steps taken are saved',
  FileMissing: ({ file }) => `${file} does not exist`,
  FileFailed: ({ file, reason }) => `${file}: ${reason}`,
  BadFile: ({ file, fault }) => `${file}: ${prose(fault)}`,
  BadModule: ({ file, reason }) => `${file} does not load: ${reason}`,
  NoExperiment: ({ file, fault: { at, got, wanted } }) =>
    `${file}: its default export${at === '' ? '' : `, at ${at},`} is ${got}; ${wanted} would fit`,
  NothingToResume: ({ folder }) => `${folder} holds no run to go on with`,
  RunThere: ({ folder }) =>
    `${folder} holds a run already; espalier resume goes on with it, another --out would fit`,
  ExperimentDiffers: ({ folder, differences }) =>
    `${folder} began with another experiment: ${differing(differences)}; another folder would fit, or train --resume ${folder} --force`,
  EntrantDiffers: ({ folder, differences }) =>
    `${folder} began with another experiment: ${differing(differences)}; another --out would fit, or that folder deleted`,
  NoTeacher: ({ at }) =>
    `step ${at} is to be taught, and nothing is cut before it: no net is there to teach; teaching: null would fit`,
  NoAim: ({ at }) => `step ${at} prunes without an aim: prune({ aim }), or rounds around it, would fit`,
  NoValidation: ({ at }) =>
    `step ${at} goes by validation accuracy, and the data has no validation images; validation above 0 would fit`,
  AtChance: ({ stage, accuracy, chance, before }) =>
    `stage ${stage + 1} ended at ${percent(accuracy)} validation, ${percent(before)} at best before: what the cut left is at chance (${percent(chance)}); a smaller cut, a higher floor, another criterion or a lower rate would fit`,
  NoSuchSeed: ({ seed, seeds }) => `the study has no seed ${seed}; 0 to ${seeds - 1} would fit`,
  SeedsFailed: ({ seeds }) =>
    `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')} did not come to the end; what was done is kept`,
  RunDiffers: ({ folder, what, began, now }) =>
    `${folder} began with ${what} ${began}, here it is ${now}; ${mends[what](began)} would fit`,
  OtherRun: ({ file }) =>
    `${file} is of another run than the files beside it; the one they began with would fit`,
  Misread: ({ at, wanted, got }) => `${at === '' ? 'the whole' : at} is ${got}; ${wanted} would fit`,
  TooLarge: ({ to, bytes, limit }) =>
    `${to}: ${grouped(bytes)} bytes of weights; a file of that format holds ${grouped(limit)}`,
  UnknownLayer: ({ at, className }) => `${place(at)}: no word stands for a layer of class ${className}`,
  LayerDiffers: ({ at, className, fault }) => `${at} (${className}): ${prose(fault)}`,
  NotATree: ({ at, reason }) => `${place(at)}: ${tangles[reason]}`,
  PathLeaves: ({ folder, path }) => `${path} lies outside ${folder}; weights must lie inside`,
  WrongBytes: ({ files, wanted, got }) =>
    `${files.join(', ')}: ${grouped(got)} bytes where the manifest says ${grouped(wanted)}`,
  NotFiniteWeight: ({ key, index }) => `weight ${key} is not a finite number at ${index}`,
}

/** One line. */
export const prose = (fact: Fact): string => {
  const tell = tellers[fact._tag] as Teller<Fact['_tag']> // the tag picks the teller; the types cannot follow
  return tell(fact as never)
}
