/** Finds the shards of a data set and their parts, by their names alone. */

import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { countEach } from '../../../io/count.js'
import { Fault } from '../../error.js'
import { type LeftOut, type Notice, noticeCounter } from '../../notices.js'
import { listEntries } from '../images/directory.js'
import { type PartName, type Roles, rolesOf } from '../parts.js'

/** Whether a file is a shard, by its name: `train-00000-of-00001`, `train.tfrecord`, `train`. */
const isShard = (name: string): boolean =>
  /\.(tf_?)?rec(ord)?s?(?![a-z])/i.test(name) || /-of-\d+/i.test(name) || !name.includes('.')

/** What TensorFlow Datasets writes beside its shards. */
const isDescription = (name: string): boolean =>
  /^(features|dataset_info|metadata)\.json$|\.labels\.txt$/.test(name)

/** Other formats of TensorFlow Datasets, by their endings. */
const otherFormat = /\.(array_record|bagz|parquet|riegeli)(?![a-z])/i

/** The part of a shard, and the prefix of its name. */
const partOf = (name: string): { readonly part: PartName; readonly before: string } | null => {
  const [, before = '', word = ''] =
    /^()(train|test|val)/i.exec(name) ?? /^(.+[-_.])(train|test|val)/i.exec(name) ?? []
  const part = (['train', 'test'] as const).find(known => known === word.toLowerCase())
  return word === '' ? null : { part: part ?? 'validation', before }
}

/** The shards of a data set by part; `roles` is null where there are those for training alone. */
export interface ShardParts {
  readonly folder: string
  readonly train: readonly string[]
  readonly roles: Roles<readonly string[]> | null
  readonly notices: readonly Notice[]
}

/** The number of a shard, and of how many, in its name. */
const shardNumber = /-(\d+)-of-(\d+)/

/** Shards that the names of others count, and that are not there. */
const missingShards = (data: string, names: readonly string[]): readonly Notice[] => {
  const sets = countEach(names.map(name => name.replace(shardNumber, '-*-of-$2')))
  return [...sets].flatMap(([shards, found]) => {
    const of = Number(/-\*-of-(\d+)/.exec(shards)?.[1] ?? found)
    return found < of ? [{ _tag: 'ShardsMissing', data, shards, found, of }] : []
  })
}

/** Errors  throws BadValue where the shards are of another format */
const refuseOtherFormat = (folder: string, files: readonly string[]): void => {
  const name = files.find(name => otherFormat.test(name))
  if (name === undefined) return
  const expected = "tfrecord, which download_and_prepare(file_format='tfrecord') writes"
  const got = otherFormat.exec(name)?.[1] ?? ''
  const file = join(folder, name)
  throw new Fault({ _tag: 'BadValue', file, entry: null, offset: null, what: 'format', got, expected })
}

/** The prefixes of names that say a part. */
const prefixesOf = (names: readonly string[]): readonly string[] =>
  [...new Set(names.flatMap(name => partOf(name)?.before ?? []))].sort()

/** The shards of the only set, where no name says a part. */
const onlySet = (names: readonly string[]): readonly string[] => {
  const shards = names.filter(name => name.includes('.') || shardNumber.test(name))
  return new Set(shards.map(name => name.replace(shardNumber, ''))).size === 1 ? shards : []
}

/** Finds the shards of a part: those of the prefix, or where no name says a part the only set, to train on. */
const finderOf = (
  names: readonly string[],
  prefix: string | undefined,
): ((part: PartName) => readonly string[] | undefined) => {
  const isOf = (part: PartName, name: string): boolean => {
    const is = partOf(name)
    return is?.part === part && is.before === prefix
  }
  return part => {
    const all =
      part === 'train' && prefix === undefined ? onlySet(names) : names.filter(name => isOf(part, name))
    return all.length === 0 ? undefined : all
  }
}

/** What is no shard, or none that is used. */
const leftOutOf = (
  folder: string,
  { files, brokenLinks }: Awaited<ReturnType<typeof listEntries>>,
  used: readonly string[],
): readonly LeftOut[] => {
  const { leaveOut, leftOut } = noticeCounter(folder)
  for (const name of brokenLinks) leaveOut('broken link', name)
  for (const name of files)
    if (isShard(name) && !used.includes(name)) leaveOut('beside the parts', name)
    else if (!isShard(name) && !isDescription(name)) leaveOut('other ending', name)
  return leftOut()
}

/** The shards in a folder: those without a prefix, else those of the only prefix; else those of the only set. */
const shardsInFolder = async (data: string, folder: string): Promise<ShardParts> => {
  const entries = await listEntries(folder)
  const noParts = (found: readonly string[]) =>
    new Fault({ _tag: 'PartsMissing', data: 'tfrecord', folder, found })
  refuseOtherFormat(folder, entries.files)
  const names = entries.files.filter(isShard)
  const prefixes = prefixesOf(names)
  if (prefixes[0] !== '' && prefixes.length > 1) throw noParts(prefixes.map(before => `${before}*`))
  const find = finderOf(names, prefixes[0])
  const train = find('train')
  if (train === undefined) throw noParts([...entries.folders, ...entries.files])
  const used = (['train', 'test', 'validation'] as const).flatMap(part => find(part) ?? [])
  const notices = [...missingShards(data, used), ...leftOutOf(folder, entries, used)]
  return { folder, train, roles: rolesOf(find), notices }
}

/** The shards in a folder, or a file that is the only one. Errors  rejects with PartsMissing, BadValue */
export const findShards = async (data: string, path: string): Promise<ShardParts> =>
  (await stat(path)).isDirectory()
    ? shardsInFolder(data, path)
    : { folder: dirname(path), train: [basename(path)], roles: null, notices: [] }
