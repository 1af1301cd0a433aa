/** Messages on runs, their folders, schedules and studies. */

import type { FunctionKind, FunctionName } from '../../../io/named-function.js'
import { commandText } from '../../../io/text/command-text.js'
import type { Difference } from '../../../run/error.js'
import type { Within } from '../../../run/schedule/words/within.js'
import type { RunInvariant } from '../../../run/storage/settings.js'
import { decodeErrorText, shortened } from '../decode-error.js'
import type { FactOf, Messages } from '../fact.js'
import { counted, percent, pointsText, thousands } from '../numbers.js'
import { layerText, stepText, withoutAdvice } from '../phrases.js'

/** Differences listed before the rest is counted. */
const mostDifferences = 5

const differencesText = (differences: readonly Difference[]): string => {
  const shown = differences
    .slice(0, mostDifferences)
    .map(({ at, began, now }) => `${at} ${now} instead of ${began}`)
  const more = differences.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

const otherExperiment = (folder: string, differences: readonly Difference[]): string =>
  `${folder}: expected the experiment that the run began with, got ${differencesText(differences)}`

/** What resumes a run as it began. */
const remedies: { readonly [F in RunInvariant]: (began: string, now: string) => string } = {
  seed: seed => `--seed ${seed}`,
  engine: name => `--engine ${name}`,
  'engine version': (version, now) =>
    now === `${version}+oneDNN` || version === `${now}+oneDNN`
      ? `TF_ENABLE_ONEDNN_OPTS=${version > now ? 1 : 0} in the environment`
      : `version ${version} of it (${commandText('engine', '--tensorflow', 'DIR')} builds it for a TensorFlow that is there), or a new run`,
  threads: threads => `--threads ${threads}`,
  'data checksum': checksum => `data of checksum ${checksum}`,
  'training images': take => (take === 'all' ? 'it without --take' : `--take ${take}`),
}

const damaged = ({ expected, got }: FactOf<'Damaged'>): string =>
  expected === ''
    ? 'expected a checkpoint of this version, got one without a checksum; try another copy, or a new run'
    : `damaged: expected the checksum ${expected.slice(0, 12)}…, got ${got.slice(0, 12)}…; try another copy, or a new run`

/** 5 points of the start, or 2 % of the accuracy it began with */
const withinText = (within: Within): string =>
  typeof within === 'number'
    ? `${pointsText(within)} of the start`
    : `${Number((100 * within.relative).toPrecision(3))} % of the accuracy it began with`

const mendedLog = ({ file, kept, known }: FactOf<'LogMended'>): string =>
  kept === 0
    ? `${file}: missing, or damaged from its first line on; it begins anew, and the run itself is whole`
    : `${file}: damaged; ${thousands(kept)} of ${thousands(known)} bytes are whole lines and stay, and the run itself is whole`

/** Messages on files and folders of a run. */
const folderMessages = {
  FileMissing: ({ file }) => `${file}: expected a file or folder, got none; try another path`,
  FileFailed: ({ file, reason }) =>
    `${file}: expected a file that can be read and written, got an error (${reason}); try another path, or other permissions`,
  BadFile: ({ file, fault }, render) => `${file}: ${render(fault)}`,
  NothingToResume: ({ folder }) =>
    `${folder}: expected the folder of a run, got none; try the folder printed when the run began, such as runs/NAME-TIME`,
  NothingRanked: ({ folder, at }) =>
    `${folder}: expected a cut that ranked ${layerText(at)}, got none; try a layer that makes channels, in a run that has cut`,
  RunUnfinished: ({ folder }) =>
    `${folder}: expected a run that has ended, got one without model.safetensors; try first: ${commandText('resume', folder)}`,
  RunThere: ({ folder }) =>
    `${folder}: expected a folder without a run, got one that holds a run; try ${commandText('resume', folder)}, or another --out`,
  FileThere: ({ file }) =>
    `${file}: expected no file of this name, got one; try another --out, or --force to replace it`,
  RunLocked: ({ folder, pid, host }) =>
    `${folder}: expected a folder that no other process works in, got process ${pid} on ${host}; try again when it has ended, or, if it is gone, without the file ${folder}/lock.${pid}.*`,
  RunLost: ({ folder }) =>
    `${folder}: expected to work in it alone, got another process that took it over, as this one gave no sign of life for a while; what was done is kept; try again when that one has ended`,
  LockTakenOver: ({ folder, pid }) =>
    `${folder}: process ${pid}, which worked in it, is gone; this one takes over`,
  LogMended: mendedLog,
  Damaged: damaged,
  OtherRun: ({ file }) =>
    `${file}: expected a checkpoint of the run beside it, got one of another run; try the files this run began with`,
} satisfies Partial<Messages>

/** Messages on what a run that is resumed may not change. */
const resumeMessages = {
  DoneDiffers: ({ folder, differences }) =>
    `${folder}: expected the net and the steps that the run began with, got ${differencesText(differences)}; only steps after those done can change, and options of the one under way; try changing those, or a new run`,
  OutDiffers: ({ folder, out }) =>
    `--out: expected ${folder}, where the run is, got ${out}; try it without --out`,
  ImagesLost: ({ folder, images, first }, render) =>
    `${folder}: expected all images readable, as when it began, got ${counted(images, 'image')} that cannot be read (${withoutAdvice(render(first))}); try the data it began with`,
  ExperimentDiffers: ({ folder, differences }) =>
    `${otherExperiment(folder, differences)}; try another folder, or --force beside --resume`,
  VariantDiffers: ({ folder, differences }) =>
    `${otherExperiment(folder, differences)}; try another --out, or delete that folder`,
  ModelDiffers: ({ folder, file, began, now }) =>
    `${folder}: expected ${file} as it was when the run began, of checksum ${began.slice(0, 12)}…, got ${now.slice(0, 12)}…; try ${commandText('resume', folder)}, which does not read it, or a new run`,
  OriginDiffers: ({ folder, began, now }) =>
    `${folder}: expected ${began ?? 'initial weights'}, from which the run began, got ${now ?? 'no model to begin from'}; try ${began === null ? 'without it' : `--from ${began}`}, or ${commandText('resume', folder)}`,
  RunDiffers: ({ folder, what, began, now }) =>
    `${folder}: expected ${what} ${began}, as when it began, got ${now}; try ${remedies[what](began, now)}`,
} satisfies Partial<Messages>

/** Messages on schedules, and on how they end. */
const scheduleMessages = {
  NoTeacher: ({ at }) =>
    `${stepText(at)}: expected a prune before a step with distill, got none, so there is no teacher; try distill: null, or a prune before it`,
  NoTarget: ({ at }) =>
    `${stepText(at)}: expected a target for the prune, got none; try prune({ keep }), atMost or eta, or put it inside untilTarget or whileAccuracy`,
  NoValidation: ({ at }) =>
    `${stepText(at)}: expected validation images, by whose accuracy it decides, got none; try a validation share in the data, such as mnist({ validation: 0.1 })`,
  AtChance: ({ stage, accuracy, chance, before }) =>
    `${stepText(`${stage}`)}: expected validation accuracy above chance (${percent(chance)}) after training the net that was cut, which had ${percent(before)} before, got ${percent(accuracy)}; try a smaller cut, a higher floor, another criterion or a lower learningRate`,
  LostTooMuch: ({ round, within, lost }) =>
    `round ${round + 1}: expected validation accuracy within ${withinText(within)}, got ${lost === undefined ? 'less' : `${pointsText(lost)} below it`}`,
  NoGain: ({ growths, minDelta }) =>
    `growth: expected a gain of at least ${pointsText(minDelta)} (minDelta), got less from ${growths === 1 ? 'the last net' : `each of the last ${growths} nets`}`,
  SiteRemoved: ({ at }) => `${layerText(at)}: the next module's place has been pruned away`,
  Stopped: ({ next }) => (next === null ? 'stopped before it began' : `stopped; continue with: ${next}`),
} satisfies Partial<Messages>

const functionWords: { readonly [K in FunctionKind]: string } = {
  criterion: 'criterion',
  growthRule: 'growth rule',
  pushTerm: 'push term',
  layer: 'layer',
}

const functionText = ({ kind, name }: FunctionName): string => `${functionWords[kind]} '${name}'`

/** Messages on functions of a user's own. */
const functionMessages = {
  NoFunction: fact =>
    fact.file === null && fact.kind === 'layer'
      ? `${functionText(fact)}: expected its function, got its name alone, as files hold no code; try load(file, { layers: [${fact.name}] }) in code, or the folder of the run that made the file`
      : fact.file === null
        ? `${functionText(fact)}: expected its function, got its name alone, as files hold no code; try train --resume with the file that defines it`
        : `${functionText(fact)}: expected ${fact.file} to use it, as when the run began, got none of this name; try defining it there again, or train --resume with the file that does`,
  SameName: fact => `${functionText(fact)}: expected one function of this name, got two; try a name for each`,
  FunctionFailed: fact =>
    `${functionText(fact)}: expected a result, got an error (${fact.reason}); try calling it by itself`,
  WrongReturn: (fact, render) =>
    `${functionText(fact)}, result: ${render(fact.fault)}; try correcting the function`,
} satisfies Partial<Messages>

/** Names listed before the rest is left out. */
const mostNames = 5

const namesText = (names: readonly string[]): string =>
  [...names.slice(0, mostNames).map(shortened), ...(names.length > mostNames ? ['…'] : [])].join(', ')

const classesText = (count: number, names: readonly string[] | null): string =>
  `${thousands(count)} ${count === 1 ? 'class' : 'classes'}${names === null ? '' : ` (${namesText(names)})`}`

/** Messages on the models that experiments begin with. */
const givenMessages = {
  ClassesDiffer: ({ file, values, classes, data, remedy }) =>
    `${file}: expected data of the model's ${classesText(values, classes)}, got ${classesText(data.length, data)}; try ${
      remedy === 'head'
        ? `withHead(${data.length})(from('${file}')), which begins with a new last layer`
        : 'a folder for each class of the model'
    }`,
  NoWeights: ({ file }) =>
    `${file}: expected weights to begin with, got an experiment of a run's folder, which alone has none; try the file of the experiment, or ${commandText('resume', 'RUN')}`,
} satisfies Partial<Messages>

/** Messages on the files of experiments. */
const moduleMessages = {
  NoModule: ({ file, got }) =>
    `${file}: expected a .ts or .js module, or for describe a model (a run's folder, .safetensors, .onnx, .keras, .h5, a folder with model.json), got ${got}; try another path`,
  BadModule: ({ file, reason }) =>
    `${file}: expected a module that loads, got an error (${reason}); try npx tsx ${file}, which shows where`,
  NoExperiment: ({ file, fault }) =>
    fault.at === ''
      ? `${file}, default export: expected ${fault.expected}, got ${fault.got}; try export default experiment(…)`
      : `${file}: ${decodeErrorText(fault)}`,
  DecodeError: decodeErrorText,
} satisfies Partial<Messages>

export const runMessages = {
  ...folderMessages,
  ...resumeMessages,
  ...scheduleMessages,
  ...functionMessages,
  ...givenMessages,
  ...moduleMessages,
}
