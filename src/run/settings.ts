/** What a run was begun with beside its experiment: enough to begin it again, or to refuse to go on as something else. */
import * as t from 'io-ts'
import { closed, closedPartial, count, whole } from '../net/closed.js'

export interface Settings {
  readonly seed: number
  readonly engine: { readonly name: string; readonly version: string; readonly threads: number }
  readonly data: {
    readonly checksum: string
    readonly folder?: string
    readonly take?: number
    readonly skipBad?: boolean
  }
}

export const settingsCodec: t.Type<Settings, unknown> = closed({
  seed: whole,
  engine: closed({ name: t.string, version: t.string, threads: count }),
  data: closedPartial({ checksum: t.string }, { folder: t.string, take: count, skipBad: t.boolean }),
})
