/** Messages on runs, their folders, schedules and studies. */
import type { FunctionKind, FunctionName } from '../../../io/named-function.js'
import type { Difference } from '../../../run/error.js'
import type { Within } from '../../../run/schedule/within.js'
import type { Fixed } from '../../../run/storage/settings.js'
import { decodeErrorText } from '../decode-error.js'
import type { FactOf, Messages } from '../fact.js'
import { counted, percent, thousands } from '../numbers.js'
import { stepText } from '../phrases.js'

/** Differences listed before the rest is counted. */
const mostDifferences = 5

const differencesText = (differences: readonly Difference[]): string => {
  const shown = differences.slice(0, mostDifferences).map(({ at, began, now }) => `${at} ${began} → ${now}`)
  const more = differences.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

const otherExperiment = (folder: string, differences: readonly Difference[]): string =>
  `${folder} began with another experiment: ${differencesText(differences)}`

/** What resumes a run as it began. */
const remedies: { readonly [F in Fixed]: (began: string, now: string) => string } = {
  seed: seed => `--seed ${seed}`,
  engine: name => `--engine ${name}`,
  'engine version': (version, now) =>
    now === `${version}+oneDNN` || version === `${now}+oneDNN`
      ? `TF_ENABLE_ONEDNN_OPTS=${version > now ? 1 : 0} in the environment`
      : `version ${version}`,
  threads: threads => `--threads ${threads}`,
  'data checksum': checksum => `data of checksum ${checksum}`,
  'training images': take => (take === 'all' ? 'again without --take' : `--take ${take}`),
}

const damaged = ({ expected, got }: FactOf<'Damaged'>): string =>
  expected === ''
    ? 'expected a checkpoint of this version, got one without a checksum; try another copy, or a new run'
    : `it is damaged: expected the checksum ${expected.slice(0, 12)}…, got ${got.slice(0, 12)}…; try another copy, or a new run`

const withinText = (within: Within): string => {
  const hundredths = (part: number): number => Number((100 * part).toPrecision(3))
  return typeof within === 'number'
    ? counted(hundredths(within), 'point')
    : `${hundredths(within.relative)} % of the accuracy it began with`
}

const mendedLog = ({ file, kept, known }: FactOf<'LogMended'>): string =>
  kept === 0
    ? `${file} is missing or damaged from its first line: it begins anew; the run itself is whole`
    : `${file} is damaged: ${thousands(kept)} of ${thousands(known)} bytes are whole lines and stay; the run itself is whole`

/** Messages on files and folders of a run. */
const folderMessages = {
  FileMissing: ({ file }) => `${file} does not exist`,
  FileFailed: ({ file, reason }) => `${file}: ${reason}`,
  BadFile: ({ file, fault }, render) => `${file}: ${render(fault)}`,
  NothingToResume: ({ folder }) =>
    `${folder}: expected a run to resume, got none; try the folder that the run named when it began`,
  RunUnfinished: ({ folder, next }) =>
    `${folder}: expected a run that has ended, got one without model.safetensors; try first: ${next}`,
  RunThere: ({ folder }) =>
    `${folder}: expected a folder without a run, got one that holds a run; try espalier resume, or another --out`,
  FileThere: ({ file }) =>
    `${file}: expected no file of this name, got one; try another --out, or --force to replace it`,
  RunLocked: ({ folder, pid, host }) =>
    `process ${pid} on ${host} is at work in ${folder}; wait for it to end, or stop it; if it is gone, delete ${folder}/lock.${pid}.*`,
  LockTakenOver: ({ folder, pid }) => `process ${pid}, which was at work in ${folder}, is gone: taking over`,
  LogMended: mendedLog,
  Damaged: damaged,
  OtherRun: ({ file }) =>
    `${file}: expected a checkpoint of the run beside it, got one of another run; try the files this run began with`,
  SameFolder: ({ study, first, second }) =>
    `study ${study}: expected a folder for each variant, got one for '${first}' and '${second}'; try names that differ by more than case`,
} satisfies Partial<Messages>

/** Messages on what a run that is resumed may not change. */
const resumeMessages = {
  DoneDiffers: ({ folder, differences }) =>
    `${folder}: ${differencesText(differences)}: the net, steps that are done and the kinds of those under way cannot change; try changing later steps, or a new run`,
  OutDiffers: ({ folder, out }) =>
    `--out: expected ${folder}, where the run is, got ${out}; try again without --out`,
  ImagesLost: ({ folder, images, first }, render) =>
    `${folder}: expected all images readable, as when it began, got ${counted(images, 'image')} that cannot be read (${render(first)}); try the data it began with`,
  ExperimentDiffers: ({ folder, differences }) =>
    `${otherExperiment(folder, differences)}; try another folder, or train --resume ${folder} --force`,
  VariantDiffers: ({ folder, differences }) =>
    `${otherExperiment(folder, differences)}; try another --out, or delete that folder`,
  RunDiffers: ({ folder, what, began, now }) =>
    `${folder}: expected ${what} ${began}, as when it began, got ${now}; try ${remedies[what](began, now)}`,
} satisfies Partial<Messages>

/** Messages on schedules, and on how they end. */
const scheduleMessages = {
  NoTeacher: ({ at }) =>
    `${stepText(at)}: expected a prune before a step with distill, got none, so there is no teacher; try distill: null`,
  NoTarget: ({ at }) =>
    `${stepText(at)}: expected a target for the prune, got none; try prune({ keep }), atMost or eta, or rounds around it`,
  NoValidation: ({ at }) =>
    `${stepText(at)}: expected validation images, by whose accuracy it decides, got none; try validation above 0 in the data`,
  AtChance: ({ stage, accuracy, chance, before }) =>
    `stage ${stage + 1}: the net that was cut answers at chance after training; expected more than ${percent(chance)} validation, as before (${percent(before)}), got ${percent(accuracy)}; try a smaller cut, a higher floor, another criterion or a lower learningRate`,
  LostTooMuch: ({ round, within }) => `round ${round + 1} lost more than ${withinText(within)}`,
  Stopped: ({ next }) => (next === null ? 'stopped before it began' : `stopped; continue with: ${next}`),
  NoSuchSeed: ({ seed, seeds }) => `--seeds: expected seeds from 0 to ${seeds - 1}, got ${seed}`,
  SeedsFailed: ({ seeds }) =>
    `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')} did not come to the end; what was done is kept: try the same command again`,
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
      ? `${functionText(fact)}: expected its function, got its name alone, as a file has it; try load(file, { layers: [${fact.name}] }) in code, or the folder of the run that made the file`
      : fact.file === null
        ? `${functionText(fact)}: expected its function, got its name alone, as a run's folder has it; try train --resume with the file that defines it`
        : `${functionText(fact)}: expected ${fact.file} to use it, as when the run began, got none of that name; try defining it there again, or train --resume with the file that does`,
  SameName: fact => `${functionText(fact)}: expected one function of that name, got two; try a name for each`,
  FunctionFailed: fact => `${functionText(fact)} failed: ${fact.reason}`,
  WrongReturn: (fact, render) => `${functionText(fact)}: what it returned: ${render(fact.fault)}`,
} satisfies Partial<Messages>

/** Messages on the files of experiments. */
const moduleMessages = {
  NoModule: ({ file, got }) =>
    `${file} is ${got}; expected a .ts or .js module; describe also reads a run's folder and a .safetensors of a model`,
  BadModule: ({ file, reason }) => `${file} does not load: ${reason}`,
  NoExperiment: ({ file, fault }) =>
    fault.at === ''
      ? `${file}: its default export is ${fault.got}; expected ${fault.expected}`
      : `${file}: ${decodeErrorText(fault)}`,
  DecodeError: decodeErrorText,
} satisfies Partial<Messages>

export const runMessages = {
  ...folderMessages,
  ...resumeMessages,
  ...scheduleMessages,
  ...functionMessages,
  ...moduleMessages,
}
