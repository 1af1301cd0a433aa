/** What is no image is left out and counted. */
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { scratch, tarOf } from '../../support/scratch.js'
import { at, four, line, outline, plain, png, some } from './folders.js'

describe('what is no image', () => {
  test('is left out and counted, and refuses nothing', async () => {
    const folder = scratch({
      ...plain(),
      'train/.DS_Store': 'x',
      'train/cat/.DS_Store': 'x',
      'train/cat/Thumbs.db': 'x',
      'train/cat/._0.png': 'x',
      'train/cat/.ipynb_checkpoints/0.png': 'x',
      'train/__MACOSX/cat/._0.png': 'x',
      'train/labels.csv': 'a,b',
      'train/dog/notes.txt': 'x',
      'train/stray.png': 'x',
      '__MACOSX/train/._x': 'x',
      'README.md': 'x',
      'extra/cat/0.png': 'x',
      'sheet.png': 'x',
    })
    symlinkSync('/nowhere/a.png', join(folder, 'train/cat/link.png'))
    symlinkSync('/nowhere', join(folder, 'train/old'))
    symlinkSync('..', join(folder, 'train/dog/up'))
    for (const memory of [2 ** 20, 1])
      expect(await outline(folder, { memory })).toEqual({
        ...four,
        validation: 0,
        skipped: [],
        leftOut: [
          '…: 2 entries left out, neither train, val nor test: extra, …',
          '…/train: 3 entries left out, hidden: __MACOSX, …',
          '…/train: 3 entries left out, links that lead nowhere: cat/link.png, …',
          '…/train: 2 entries left out, with another extension: dog/notes.txt, …',
          '…/train: 1 entry left out, in no class folder: stray.png',
        ],
        notices: [],
      })
  })

  test('in an archive is left out too: links, devices, system files, anything large', async () => {
    const archive = pack()
    for (const path of [...some('train/cat', 4), ...some('train/dog', 4)]) archive.entry({ name: path }, png)
    archive.entry({ name: 'train/cat/again.png', type: 'link', linkname: 'train/cat/0.png' })
    archive.entry({ name: 'train/cat/other.png', type: 'symlink', linkname: '0.png' })
    archive.entry({ name: 'train/null', type: 'character-device' })
    for (const name of ['train/__MACOSX/cat/._0.png', 'train/cat/._0.png', 'train/labels.csv'])
      archive.entry({ name }, 'x')
    archive.entry({ name: 'train/.DS_Store' }, 'x')
    archive.entry({ name: 'train/all.json' }, Buffer.alloc(2 ** 26 + 1))
    archive.finalize()
    const folder = scratch({
      'train.tar': await buffer(archive),
      'test.tar': await tarOf(at(...some('cat', 2), ...some('dog', 2))),
    })
    expect(await outline(folder)).toMatchObject({
      ...four,
      leftOut: [
        '…/train.tar: 2 entries left out, links in an archive: train/cat/again.png, …',
        '…/train.tar: 1 entry left out, neither a file nor a folder: train/null',
        '…/train.tar: 2 entries left out, hidden: train/__MACOSX/cat/._0.png, …',
        '…/train.tar: 2 entries left out, with another extension: train/labels.csv, …',
      ],
    })
  })

  test('a folder named like an image is a folder', async () => {
    const folder = scratch({ ...plain(), ...at('train/cat/thumbs.png/0.png') })
    expect(await outline(folder)).toMatchObject({ train: { cat: 5, dog: 4 }, leftOut: [] })
  })

  test('a class whose every image is unreadable is refused even where they are skipped', async () => {
    const files = { ...plain(), 'train/fox/0.jpg': '<html>', 'train/fox/1.jpg': '', ...at('test/fox/0.png') }
    expect(await line(scratch(files), { skipBad: true })).toBe(
      '…: expected images in each class, got none that can be read in fox; try adding some, or removing the class',
    )
  })
})
