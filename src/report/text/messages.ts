/** Facts as a person reads them: one line that says what, where, and what would fit. */

import type { ExportError, Foreign, ImportError, Tangle } from '../../convert/error.js'
import type { DataError } from '../../data/error.js'
import type { Notice, Reason } from '../../data/notices.js'
import type { NativeError } from '../../engine/error.js'
import type { DecodeError } from '../../io/codec.js'
import type { TensorsError } from '../../io/safetensors.js'
import type { CriterionName } from '../../learn/options.js'
import { channelsOf, type Shape } from '../../net/shape.js'
import type { RunError } from '../../run/error.js'
import type { Note } from '../../run/notes.js'
import type { Difference } from '../../run/schedule/differences.js'
import type { Loss } from '../../run/stop-reason.js'
import type { Damaged } from '../../run/storage/checksum.js'
import type { Fixed } from '../../run/storage/settings.js'
import { misread, shortened } from './decode-error.js'
import { counted, milliseconds, percent, thousands } from './numbers.js'

/** A command that a signal stopped; `next`: what goes on with it, `null` where nothing had begun. */
export interface Stopped {
  readonly _tag: 'Stopped'
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'
  readonly next: string | null
}

/** Everything that can be told. */
export type Fact =
  | RunError
  | Note
  | NativeError
  | ExportError
  | ImportError
  | TensorsError
  | Damaged
  | DecodeError
  | Loss
  | Stopped
  | Notice

type Teller<T extends Fact['_tag']> = (fact: Extract<Fact, { readonly _tag: T }>) => string

const shape = (sizes: Shape): string => (sizes.length === 0 ? 'nothing' : sizes.join('×'))
/** Steps are counted from 1 where a person reads. */
const stepOf = (at: string): string =>
  at
    .split('/')
    .map(number => `${Number(number) + 1}`)
    .join('/')
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
const tangles: { readonly [T in Tangle]: (at: string) => string } = {
  shared: at => `layer ${at}: expected one use, got several; try a layer of its own for each use`,
  crossing: at =>
    `layer ${at}: expected branches that begin at one layer and end in one Add or Concatenate, got an output that leaves its branch on the way; such models are not supported`,
  circle: at =>
    `layer ${at}: expected layers that lead from input to output, got one that leads back to itself`,
  'unknown input': at => `layer ${at} is the input of another, and is not in the model; try saving it again`,
  'not one input': at => `expected a model of one input, got ${at || 'none'}; try one model an input`,
  'not one output': at => `expected a model of one output, got ${at || 'none'}; try one model an output`,
  'no layers': () => 'expected a model with layers, got none',
}

/** How a model in another format becomes a LayersModel. */
const viaPython = (load: string): string =>
  `try, in Python: tensorflowjs.converters.save_keras_model(${load}, 'FOLDER')`

/** What lies where a LayersModel was expected, and what to do with it. */
const foreign: { readonly [F in Foreign]: (path: string) => string } = {
  keras: path => `got a Keras 3 file; ${viaPython(`keras.models.load_model('${path}')`)}`,
  hdf5: path => `got a Keras HDF5 file; ${viaPython(`keras.models.load_model('${path}')`)}`,
  onnx: () => 'got an ONNX model, which is not supported; try the Keras or tfjs model it was made from',
  savedmodel: () =>
    'got a TensorFlow SavedModel, which is not supported; try the Keras or tfjs model it was made from',
  safetensors: () => 'got a safetensors file; a model of this project needs no import',
  file: () => 'got another file; try the folder that model.save or tensorflowjs_converter wrote',
  folder: () =>
    'got a folder without model.json; try the one that model.save or tensorflowjs_converter wrote',
  'graph model': () =>
    'got a GraphModel, which has operations and no layers; try converting the Keras model with --output_format tfjs_layers_model',
  'no topology': () => 'got a file without modelTopology; try saving the whole model, not its weights alone',
}

/** What to try for a layer's class, or its option, that is not supported. */
const remedies: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Model: 'it is a model inside a model; try calling its layers in the outer model',
    Functional: 'it is a model inside a model; try calling its layers in the outer model',
    Sequential: 'it is a model inside a model; try adding its layers to the outer model',
    Rescaling: 'images are normalised outside the model here; try a model without it',
    Normalization: 'images are normalised outside the model here; try a model without it',
    Reshape: 'try Flatten before Dense, or Dense in place of a 1×1 convolution behind global pooling',
    Multiply: 'it multiplies layers, as in squeeze-and-excitation; try a model without',
    LeakyReLU: 'try ReLU, and train it again',
    padding: "try padding 'same' or 'valid' in the layer that follows",
    'next layer': "try padding 'same' in that layer",
    inputs: 'try sums of two, one after another',
    inbound_nodes: 'try saving the model with Keras 2 or tfjs',
    batch_input_shape: 'try a model for any number of images of one size',
    batch_shape: 'try a model for any number of images of one size',
    data_format: 'try a model with channels last',
  }),
)

const fewestNames = 4

const some = (names: readonly string[]): string =>
  names.length === 0
    ? 'nothing'
    : [...names.slice(0, fewestNames), ...(names.length > fewestNames ? ['…'] : [])].join(', ')

/** What a criterion goes by, where it has nothing to say. */
const lacking = (criterion: CriterionName): string => {
  if (criterion === 'gradientUtility') return 'try a push with losers right before the cut'
  return criterion === 'bnScale'
    ? 'no batch norm scales channels that may go; try taylor'
    : 'no channel but those of the image and the answer; try a wider net, with a layer before the last'
}

/** Differences told one by one. */
const fewest = 5

const differing = (differences: readonly Difference[]): string => {
  const told = differences.slice(0, fewest).map(({ at, began, now }) => `${at} ${began} → ${now}`)
  const more = differences.length - told.length
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

/** What would go on with a run as it began. */
const mends: { readonly [F in Fixed]: (began: string, now: string) => string } = {
  seed: seed => `--seed ${seed}`,
  engine: name => `--engine ${name}`,
  'engine version': (version, now) =>
    now === `${version}+oneDNN` || version === `${now}+oneDNN`
      ? `TF_ENABLE_ONEDNN_OPTS=${version > now ? 1 : 0} in the environment`
      : `version ${version}`,
  threads: threads => `--threads ${threads}`,
  'data checksum': checksum => `data of checksum ${checksum}`,
  'training images': take => (take === 'all' ? 'no --take' : `--take ${take}`),
}

const unreadable = (fact: Extract<Fact, { readonly _tag: 'NotAnImage' }>): string =>
  `${spot(fact)}: not an image: ${fact.reason}`

/** What a set's folder must hold. */
const layouts: { readonly [D in 'imageFolder' | 'tfrecord']: string } = {
  imageFolder: 'train/ and test/ with a folder per class (or train.tar.gz and test.tar.gz)',
  tfrecord: 'the shards of one set, such as train-00000-of-00001 and test-00000-of-00001',
}

/** Names told one by one. */
const mostNames = 6

const naming = (names: readonly string[]): string =>
  names.length > mostNames
    ? `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`
    : names.join(', ')

/** What was found in a folder, and what to do about it. */
const finding = (folder: string, found: readonly string[] | null, classes: boolean): string => {
  if (found === null) return `${folder} does not exist`
  if (classes)
    return `found ${naming(found)}: move these class folders into ${folder}/train, and some images of each into ${folder}/test/CLASS`
  const zips = found.filter(name => name.toLowerCase().endsWith('.zip'))
  return `found ${found.length === 0 ? 'nothing' : naming(found)}${zips.length === 0 ? '' : `: unzip ${naming(zips)}`}`
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

const tellers: { readonly [T in Fact['_tag']]: Teller<T> } = {
  WrongRank: ({ at, wanted, got }) =>
    wanted === 'vector'
      ? `${place(at)}: a vector is wanted, a map of ${shape(got)} comes; globalAvgPool or flatten before it would fit`
      : `${place(at)}: a map is wanted, a vector of ${shape(got)} comes`,
  TooMany: ({ at, what, got, most }) =>
    `${at === '' ? 'the net' : `layer ${shortened(at)}`}: ${thousands(got)} ${what} are more than this program can hold; expected at most ${thousands(most)}`,
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
  PartsMissing: ({ data, folder, found, classes }) =>
    `${folder} needs ${layouts[data]}; ${finding(folder, found, classes)}`,
  ClassesMissing: ({ folder, found }) =>
    `${folder} needs a folder per class with images in it; ${finding(folder, found, false)}`,
  LeftOut: ({ file, reason, count, first }) =>
    `${file}: ${thousands(count)} left out, ${reasons[reason]}: ${first}${count > 1 ? ', …' : ''}`,
  ValidationTests: ({ data, part }) =>
    `${data}: ${part} is the test set, as there is no other; validation images are split off training`,
  ValidationGiven: ({ data, images }) =>
    `${data}: val is the validation set, ${thousands(images)} images; none are split off training`,
  LabelsFromOne: ({ data, classes }) =>
    `${data}: labels run from 1 to ${classes}; label 1 is the first class`,
  ClassesWithoutImages: ({ data, names, of }) =>
    `${data}: ${names.length} of ${of} classes without a training image: ${naming(names)}; where none should be missing, look at the number of classes and the first label`,
  ClassesAlike: ({ data, names }) =>
    `${data}: classes ${naming(names)} differ in capital letters alone; one folder would make them one class`,
  ReadFailed: ({ file, reason }) => `${file} cannot be read: ${reason}`,
  BadStream: fact => `${spot(fact)}: ${fact.reason}`,
  Truncated: fact =>
    'file' in fact
      ? `${spot(fact)}: the file ends where ${fact.wanted} bytes were announced`
      : `byte ${fact.at}: ${fact.wanted} bytes were announced, ${fact.got} are there`,
  BadValue: fact => `${spot(fact)}: ${fact.what} is ${fact.got}; expected ${fact.wanted}`,
  UnsafeEntry: fact =>
    `${spot(fact)}: the entry ${fact.kind === 'leaves its folder' ? fact.kind : `is a ${fact.kind}`}; plain files inside the archive would fit`,
  NotAnImage: fact => `${unreadable(fact)}; --skip-bad leaves it out`,
  EmptyClass: ({ folder, name }) =>
    `${folder}: class ${name} has no image that can be read; images in it, or the class removed, would fit`,
  ValueMissing: fact =>
    `${spot(fact)}: the record has no ${fact.key}; it has ${fact.keys.length === 0 ? 'nothing' : naming(fact.keys)}`,
  PartsDiffer: ({ what, first, second }) =>
    `${what}: ${first.got} in ${first.file}, ${second.got} in ${second.file}; they must agree`,
  ChecksumDiffers: ({ file, got, wanted }) => `${file}: its checksum is ${got}, not ${wanted}`,
  BadOption: ({ data, option, got, wanted }) => `${data}: ${option} is ${got}; expected ${wanted}`,
  UnknownPath: ({ at, where }) => `${where}: no layer is at ${at}; describe lists those there are`,
  WrongWeight: ({ key, wanted, got }) =>
    wanted === null
      ? `weight ${key}: the net has none of that name`
      : `weight ${key}: ${got === null ? 'missing' : `has ${shape(got)}`}, the net wants ${shape(wanted)}`,
  WrongLength: ({ at, wanted, got }) =>
    `${at}: ${got} utilities for ${wanted} channels; expected one a channel`,
  NotFinite: ({ at, channel, value }) =>
    `${at}: the utility of channel ${channel} is ${value}; expected a finite number`,
  WrongOption: ({ option, got, wanted }) => `${option} is ${got}; expected ${wanted}`,
  UnknownChannel: ({ at, channel, channels }) =>
    `${at}: no channel ${channel}; expected 0 to ${channels - 1}`,
  ProtectedChannel: ({ at, channel }) => `${at}: channel ${channel} is protected, or comes in or goes out`,
  ProtectedBody: ({ at }) => `${at}: its body holds something protected, or must pass something on`,
  EmptyNet: ({ at }) => `${at}: nothing would remain; a lower threshold, or a minimum width, would fit`,
  OutOfReach: ({ measure, wanted, least, limits }) =>
    measure === 'latency'
      ? `${milliseconds(wanted)} an image are out of reach: the fastest net took ${milliseconds(least)}${limits.length === 0 ? '' : `; try less ${limits.join(' and ')}`}`
      : `${thousands(wanted)} ${measure} are out of reach: ${limits.length === 0 ? 'what comes in, goes out or is not spoken of' : limits.join(' and ')} leaves ${thousands(least)}${limits.includes('floor') ? '; try a lower floor' : ''}`,
  NoEvidence: ({ criterion }) =>
    `criterion ${criterion} speaks of no layer of the net: ${lacking(criterion)}`,
  NoDecision: () =>
    'push and trace need the vector a net decides on; expected a dense layer, or a 1×1 convolution and globalAvgPool, at the end',
  NotProven: ({ difference, tolerance }) =>
    `the pruned net differs from the masked one by ${difference.toExponential(1)}, more than ${tolerance}; please report this`,
  WrongPlace: ({ at, got, wanted }) => `${at} is a ${got}; expected a ${wanted}`,
  OutputDiffers: ({ at, got, wanted }) =>
    `growing at ${at} would make the net give ${shape(got)}; it gives ${shape(wanted)}, which must stay`,
  NothingToWiden: ({ at }) =>
    `${at}: nothing inside can be wider: all its channels come in, go out or are tied to such`,
  Tied: ({ at, to }) => `${at}: a sum ties its channels to ${to}; growing inside it would fit`,
  OverBudget: ({ measure, limit, got }) =>
    measure === 'latency'
      ? `grown, the net would take ${milliseconds(got)} an image; the budget is ${milliseconds(limit)}`
      : `grown, the net would have ${thousands(got)} ${measure}; the budget is ${thousands(limit)}`,
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
      : `the net gives ${shape(net)} value${channelsOf(net) === 1 ? '' : 's'}, the data has ${shape(data)} classes; expected one value a class, with no sigmoid or softmax behind it; try dense(${shape(data)}) at the end`,
  TooFewImages: ({ images, batch }) =>
    `${images === null ? 'the images in sight' : `${images} training images`} do not fill a batch of ${batch}; a smaller batch, or more images, would fit`,
  OneValue: ({ at, batch }) =>
    `${at}: batch norm has one value a channel to normalise, whose variance is 0; expected 2 or more, got a batch of ${batch} on a 1×1 map or a vector; try a larger batch, or norm: false`,
  OneClass: ({ data, name }) =>
    `${data}: all training images are of class ${name}; two classes at least are wanted, to be told apart`,
  Interrupted: () => 'stopped as asked',
  Stopped: ({ next }) => (next === null ? 'stopped before it began' : `stopped; continue with: ${next}`),
  LostTooMuch: ({ round, within }) =>
    `round ${round + 1} lost more than ${counted(Number((100 * within).toPrecision(3)), 'point')}`,
  FileMissing: ({ file }) => `${file} does not exist`,
  FileFailed: ({ file, reason }) => `${file}: ${reason}`,
  BadFile: ({ file, fault }) => `${file}: ${renderMessage(fault)}`,
  NoModule: ({ file, got }) =>
    `${file} is ${got}; expected a .ts or .js module; describe also reads a run's folder and a .safetensors of a model`,
  BadModule: ({ file, reason }) => `${file} does not load: ${reason}`,
  NoExperiment: ({ file, fault }) =>
    fault.at === ''
      ? `${file}: its default export is ${fault.got}; expected ${fault.wanted}`
      : `${file}: ${misread(fault)}`,
  NothingToResume: ({ folder }) => `${folder} holds no run to go on with`,
  RunThere: ({ folder }) =>
    `${folder} holds a run already; espalier resume goes on with it, another --out would fit`,
  RunLocked: ({ folder, pid, host }) =>
    `process ${pid} on ${host} is at work in ${folder}; wait for it to end, or stop it; if it is gone, delete ${folder}/lock.${pid}.*`,
  LockTakenOver: ({ folder, pid }) => `process ${pid}, which was at work in ${folder}, is gone: taking over`,
  LogMended: ({ file, kept, known }) =>
    kept === 0
      ? `${file} is missing or damaged from its first line: it begins anew; the run itself is whole`
      : `${file} is damaged: ${thousands(kept)} of ${thousands(known)} bytes are whole lines and stay; the run itself is whole`,
  Damaged: ({ wanted, got }) =>
    wanted === ''
      ? 'it has no checksum: expected a checkpoint of this version; another copy, or a new run, would fit'
      : `it is damaged: expected the checksum ${wanted.slice(0, 12)}…, got ${got.slice(0, 12)}…; another copy, or a new run, would fit`,
  DoneDiffers: ({ folder, differences }) =>
    `${folder}: ${differing(differences)}: the net, steps that are done and the kinds of those under way cannot change; steps after them, or a new run, would fit`,
  OutDiffers: ({ folder, out }) =>
    `--out is ${out}, and the run goes on where it is, in ${folder}; no --out would fit`,
  ImagesLost: ({ folder, images, first }) =>
    `${folder} began with all images readable, now ${images} cannot be read (${renderMessage(first)}); the data it began with would fit`,
  SameFolder: ({ study, first, second }) =>
    `study ${study}: '${first}' and '${second}' would be kept in one folder; names that differ by more than case would fit`,
  ExperimentDiffers: ({ folder, differences }) =>
    `${folder} began with another experiment: ${differing(differences)}; another folder would fit, or train --resume ${folder} --force`,
  EntrantDiffers: ({ folder, differences }) =>
    `${folder} began with another experiment: ${differing(differences)}; another --out would fit, or that folder deleted`,
  NoTeacher: ({ at }) =>
    `step ${stepOf(at)} is to be taught, and nothing is cut before it: no net is there to teach; try distill: null`,
  NoAim: ({ at }) =>
    `step ${stepOf(at)} prunes without a target; expected prune({ keep, atMost or eta }), or rounds around it`,
  NoValidation: ({ at }) =>
    `step ${stepOf(at)} goes by validation accuracy, and the data has no validation images; validation above 0 would fit`,
  AtChance: ({ stage, accuracy, chance, before }) =>
    `stage ${stage + 1}: the net that was cut answers at chance after training; expected more than ${percent(chance)} validation, as before (${percent(before)}), got ${percent(accuracy)}; try a smaller cut, a higher floor, another criterion or a lower rate`,
  NoSuchSeed: ({ seed, seeds }) => `the study has no seed ${seed}; expected 0 to ${seeds - 1}`,
  SeedsFailed: ({ seeds }) =>
    `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')} did not come to the end; what was done is kept`,
  RunDiffers: ({ folder, what, began, now }) =>
    `${folder} began with ${what} ${began}, here it is ${now}; ${mends[what](began, now)} would fit`,
  OtherRun: ({ file }) =>
    `${file} is of another run than the files beside it; the one they began with would fit`,
  Misread: misread,
  NoPreprocessing: ({ input }) =>
    `--input ${input}: the model's file does not say how its images were normalised; expected the model of a run; try --input normalised`,
  TooLarge: ({ to, bytes, limit }) =>
    `${to}: ${thousands(bytes)} bytes of weights; a file of that format holds ${thousands(limit)}`,
  NotALayersModel: ({ path, found }) =>
    `${path}: expected a LayersModel's folder, model.json and its weights, ${foreign[found](path)}`,
  UnknownLayer: ({ at, className, supported }) =>
    `layer ${at}: class ${className} is not supported; ${remedies.get(className) ?? `expected one of ${supported.join(', ')}`}`,
  LayerDiffers: ({ at, className, fault }) =>
    `layer ${at} (${className}), ${fault.at}: expected ${fault.wanted}, got ${fault.got}; ${remedies.get(fault.at) ?? 'other values are not supported'}`,
  NotATree: ({ at, reason }) => tangles[reason](at),
  WeightMissing: ({ name, wanted, found }) =>
    `weightsManifest: expected the weight ${name}, ${shape(wanted)}, got ${some(found)}; try naming weights LAYER/WEIGHT`,
  WeightDiffers: ({ name, fault, got }) =>
    fault === 'quantised'
      ? `weight ${name}: expected float32, got numbers quantised to ${got}; try tensorflowjs_converter without --quantize`
      : `weight ${name}: expected float32, got ${got}; try saving without the optimizer`,
  PathLeaves: ({ folder, path }) => `${path} lies outside ${folder}; weights must lie inside`,
  WrongBytes: ({ files, wanted, got }) =>
    `${files.join(', ')}: ${thousands(got)} bytes where the manifest says ${thousands(wanted)}`,
  NotFiniteWeight: ({ key, index }) => `weight ${key} is not a finite number at ${index}`,
}

/** One line. */
export const renderMessage = (fact: Fact): string => {
  const tell = tellers[fact._tag] as Teller<Fact['_tag']> // the tag picks the teller; the types cannot follow
  return tell(fact as never)
}

/** Images left out that are named one by one. */
const named = 5

const skipText = (fact: DataError): string =>
  fact._tag === 'NotAnImage' ? unreadable(fact) : renderMessage(fact)

/** Images left out: one on the same line, of several the first few on lines of their own. */
export const skippedText = (skipped: readonly DataError[]): string => {
  const whole = `${counted(skipped.length, 'image')} left out (--skip-bad):`
  const texts = skipped.slice(0, named).map(skipText)
  const more = skipped.length - texts.length
  return skipped.length === 1
    ? [whole, ...texts].join(' ')
    : [whole, ...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('\n  ')
}
