/** Facts on data sets, as the page of messages shows them. */
import type { Examples } from './examples.js'

const [data, folder] = ['imageFolder', '../photos']
const place = { file: 'train.tar', entry: 'cats/1.jpg', offset: 512 }
const shard = { file: 'train-00000-of-00001', entry: 'record 3', offset: 4096 }

export const dataFacts = {
  FilesMissing: [
    {
      data: 'cifar100',
      folder: '../data/cifar100',
      files: ['train.bin', 'test.bin', 'fine_label_names.txt'],
      sources: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
      found: [],
      instead: null,
    },
    {
      data: 'cifar100',
      folder: '../data/cifar10',
      files: ['train.bin', 'test.bin', 'fine_label_names.txt'],
      sources: [],
      found: ['data_batch_1.bin'],
      instead: 'the files of CIFAR-10, which cifar10() reads',
    },
  ],
  PartsMissing: [
    { data: 'imageFolder', folder, found: null },
    { data: 'imageFolder', folder, found: ['a.jpg', 'b.jpg'] },
    { data: 'imageCsv', folder, found: ['labels.txt', 'photos.zip'] },
    { data: 'tfrecord', folder, found: [] },
  ],
  ClassesMissing: [{ folder: '../photos/train', found: ['README.txt'] }],
  LeftOut: [
    { file: folder, reason: 'hidden', count: 1, first: '.DS_Store' },
    { file: folder, reason: 'other ending', count: 12, first: 'cats/notes.txt' },
    { file: folder, reason: 'broken link', count: 1, first: 'cats/7.jpg' },
    { file: 'train.tar', reason: 'link in an archive', count: 1, first: 'cats/7.jpg' },
    { file: folder, reason: 'device', count: 1, first: 'cats/pipe' },
    { file: folder, reason: 'outside the classes', count: 2, first: 'cover.jpg' },
    { file: folder, reason: 'beside the parts', count: 1, first: 'old' },
  ],
  ValidationTests: [{ data, part: 'val' }],
  TestSplit: [{ data, images: 240, of: 1200 }],
  ValidationGiven: [{ data, images: 100 }],
  FolderUnread: [{ data: 'glyphs', folder }],
  LabelsFromOne: [{ data: 'mnist', classes: 26 }],
  ImagesTransposed: [{ data: 'mnist' }],
  ClassesWithoutImages: [{ data: 'tfrecord', names: ['0'], of: 1001 }],
  ClassesUneven: [{ data, largest: { name: 'cats', images: 900 }, smallest: { name: 'ships', images: 40 } }],
  DuplicatesFound: [{ data, part: 'test', images: 12, of: 240, name: 'cats' }],
  ClassesAlike: [{ data, names: ['Cats', 'cats'] }],
  ShardsMissing: [{ data, shards: 'train-?????-of-00004', found: 3, of: 4 }],
  ReadFailed: [
    { file: '../photos/a.jpg', reason: 'EACCES: permission denied' },
    {
      file: 'train-00000-of-00001.gz',
      reason: 'its unpacked content is no longer in the cache',
      mend: 'a larger ESPALIER_CACHE_LIMIT, in GiB',
    },
  ],
  BadStream: [
    { file: 'train-images-idx3-ubyte.gz', entry: null, offset: 65536, reason: 'incorrect data check' },
  ],
  Truncated: [
    { file: 'train-images-idx3-ubyte', entry: null, offset: 100, expected: 47_040_016 },
    { at: 8, expected: 4096, got: 1000 },
  ],
  BadValue: [
    {
      file: 't10k-labels-idx1-ubyte',
      entry: null,
      offset: 12,
      what: 'label',
      got: 11,
      expected: '0 to 9, as in the training labels',
    },
  ],
  UnsafeEntry: [
    { ...place, kind: 'leaves its folder' },
    { ...place, kind: 'link' },
    { ...place, kind: 'device' },
  ],
  NotAnImage: [
    { ...place, reason: 'unsupported image format' },
    { ...place, reason: 'premature end', cutOffAt: 2048 },
    { ...place, reason: 'HEIC', format: 'HEIC' },
    { ...place, reason: 'too large', maxPixels: 268_435_456 },
  ],
  NoImages: [{ folder }],
  EmptyClass: [{ folder, name: 'ships' }],
  ValueMissing: [
    { ...shard, key: 'image/encoded', keys: ['image', 'label'] },
    { ...shard, key: 'image/encoded', keys: [] },
  ],
  PartsDiffer: [
    {
      what: 'count',
      first: { file: 'train-images-idx3-ubyte', got: 60_000 },
      second: { file: 'train-labels-idx1-ubyte', got: 59_999 },
    },
    {
      what: 'size',
      first: { file: 'train-images-idx3-ubyte', got: '28×28' },
      second: { file: 't10k-images-idx3-ubyte', got: '32×32' },
    },
    { what: 'classes', first: { file: 'train', got: 'cats, dogs' }, second: { file: 'test', got: 'cats' } },
  ],
  ChecksumDiffers: [{ file: 'cifar-10-binary.tar.gz', got: '0a1b2c…', expected: 'c4a38c…' }],
  BadOption: [{ data, option: 'folder', got: 'none', expected: 'the folder of the images' }],
} satisfies Partial<Examples>
