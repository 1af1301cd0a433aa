/** The options of studies, and what follows from them. */
import { join } from 'node:path'
import { encodeFileName } from '../../io/text/file-name.js'
import type { DataSettings } from '../../run/storage/settings.js'
import type { Study } from '../../run/study/study.js'
import type { RecordArguments } from '../recorders.js'

/** What every process that works on a study is told. */
export interface StudyOptions extends RecordArguments {
  readonly data?: string
  readonly take?: number
  readonly engine?: string
  readonly threads?: number
  readonly out: string
}

/** One of so many cells, from 0. */
export interface CellNumber {
  readonly index: number
  readonly of: number
}

/** The folder that all processes of a study share. */
export const folderOf = ({ out }: StudyOptions, { name }: Study): string => join(out, encodeFileName(name))

export const dataOf = ({ data, take }: StudyOptions): DataSettings => ({
  ...(data !== undefined && { folder: data }),
  ...(take !== undefined && { take }),
})
