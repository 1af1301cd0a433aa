/** Facts as a person reads them: one line that says what, where, and what would fit. */
import type { Misread } from '../net/closed.js'
import type { TensorsError } from '../net/safetensors.js'
import type { Shape } from '../net/shape.js'
import type { RunError } from '../run/error.js'

/** Everything that can be told. */
export type Fact = RunError | TensorsError | Misread

type Teller<T extends Fact['_tag']> = (fact: Extract<Fact, { readonly _tag: T }>) => string

const shape = (sizes: Shape): string => (sizes.length === 0 ? 'nothing' : sizes.join('×'))
const place = (at: string): string => (at === '' ? 'the net' : at)
const spot = ({ file, entry, offset }: { readonly file: string; readonly entry: string | null; readonly offset: number }) =>
  `${file}${entry === null ? '' : `, ${entry}`}, byte ${offset}`

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
  TwoOfOneName: ({ at, name }) => `${place(at)}: two layers are named ${name}; names are unique among siblings`,
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
  PartsDiffer: ({ what, first, second }) =>
    `${what}: ${first.got} in ${first.file}, ${second.got} in ${second.file}; they must agree`,
  ChecksumDiffers: ({ file, got, wanted }) => `${file}: its checksum is ${got}, not ${wanted}`,
  BadOption: ({ data, option, got, wanted }) => `${data}: ${option} is ${got}; ${wanted} would fit`,
  Overflow: ({ what, epoch, step }) =>
    `the ${what} overflowed in epoch ${epoch + 1}, step ${step}; the last checkpoint is good: try a lower rate, or clip`,
  DataDiffers: ({ what, net, data }) =>
    what === 'image'
      ? `the net takes ${shape(net)}, the data has images of ${shape(data)}`
      : `the net gives ${shape(net)} classes, the data has ${shape(data)}`,
  TooFewImages: ({ images, batch }) => `${images} training images do not fill a batch of ${batch}`,
  Interrupted: () => 'stopped as asked; all steps taken are saved',
  FileMissing: ({ file }) => `${file} does not exist`,
  FileFailed: ({ file, reason }) => `${file}: ${reason}`,
  BadFile: ({ file, fault }) => `${file}: ${prose(fault)}`,
  BadModule: ({ file, reason }) => `${file} does not load: ${reason}`,
  NoExperiment: ({ file, fault }) => `${file} exports no experiment or net: ${prose(fault)}`,
  NothingToResume: ({ folder }) => `${folder} holds no run to go on with`,
  RunDiffers: ({ what, began, now }) => `the run began with ${what} ${began}, here it is ${now}`,
  Misread: ({ at, wanted, got }) => `${at === '' ? 'the whole' : at} is ${got}; ${wanted} would fit`,
  NotFiniteWeight: ({ key, index }) => `weight ${key} is not a finite number at ${index}`,
}

/** One line. */
export const prose = (fact: Fact): string => {
  const tell = tellers[fact._tag] as Teller<Fact['_tag']> // the tag picks the teller; the types cannot follow
  return tell(fact as never)
}
