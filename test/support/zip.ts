/** Zip archives, written here byte by byte so that they can be wrong. */
import { crc32, deflateRawSync } from 'node:zlib'

/** What an entry says of itself, where that is not the truth. */
export interface ZipLies {
  readonly size?: number
  readonly flags?: number
  readonly method?: number
  readonly crc32?: number
  /** The Unix mode of a link or a file. */
  readonly mode?: number
}

/** An archive of these files, every second one deflated; `lies` by name. */
export const zipOf = (
  files: Readonly<Record<string, Uint8Array | string>>,
  lies: Readonly<Record<string, ZipLies>> = {},
): Buffer => {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [nth, [name, text]] of Object.entries(files).entries()) {
    const content = Buffer.from(text)
    const lie = lies[name] ?? {}
    const isPacked = nth % 2 === 1
    const packed = isPacked ? deflateRawSync(content) : content
    const title = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE((lie.flags ?? 0) | 0x800, 2) // names are UTF-8
    common.writeUInt16LE(lie.method ?? (isPacked ? 8 : 0), 4)
    common.writeUInt32LE(lie.crc32 ?? crc32(content), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(lie.size ?? content.length, 18)
    common.writeUInt16LE(title.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, title, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(((lie.mode ?? 0o100644) << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    const made = Buffer.from([20, 3]) // by Unix
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, common, rest, title]))
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}
