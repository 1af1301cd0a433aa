/** The two data sets in this format: their files, labels and sources. */
import type { Remote } from '../../download.js'
import type { Cifar10, Cifar100 } from '../../spec.js'
import type { LabelPlace } from './records.js'

/** Where a data set's files are and what is in them. */
export interface Layout extends LabelPlace {
  readonly data: 'cifar10' | 'cifar100'
  readonly remote: Remote
  /** The folder that its archive makes. */
  readonly inner: string
  /** The names of training batches. */
  readonly train: RegExp
  readonly test: string
  /** The file of the classes' names, one a line. */
  readonly names: string
  readonly defaultNames: readonly string[]
  /** What a message lists. */
  readonly files: readonly string[]
  /** Files that identify another format or data set, and what to say of them. */
  readonly others: Readonly<Record<string, string>>
}

const cifar10: Layout = {
  data: 'cifar10',
  remote: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    sum: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  },
  inner: 'cifar-10-batches-bin',
  train: /^data_batch_\d+\.bin$/,
  test: 'test_batch.bin',
  names: 'batches.meta.txt',
  labels: 1,
  label: 0,
  defaultNames: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  files: ['data_batch_1.bin and so on', 'test_batch.bin', 'batches.meta.txt'],
  others: {
    data_batch_1: 'the batches for Python, not those of the binary version',
    'fine_label_names.txt': 'the files of CIFAR-100, which cifar100() reads',
  },
}

const numbers = (count: number): readonly string[] => Array.from({ length: count }, (_, nth) => `${nth}`)

const cifar100 = (labels: Cifar100['labels']): Layout => ({
  data: 'cifar100',
  remote: {
    url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
    sum: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
  },
  inner: 'cifar-100-binary',
  train: /^train\.bin$/,
  test: 'test.bin',
  names: `${labels}_label_names.txt`,
  labels: 2,
  label: labels === 'coarse' ? 0 : 1,
  defaultNames: numbers(labels === 'coarse' ? 20 : 100),
  files: ['train.bin', 'test.bin', `${labels}_label_names.txt`],
  others: {
    meta: 'the files for Python, not those of the binary version',
    'data_batch_1.bin': 'the files of CIFAR-10, which cifar10() reads',
  },
})

/** The layout of a specification. */
export const layoutOf = (spec: Cifar10 | Cifar100): Layout =>
  spec._tag === 'cifar10' ? cifar10 : cifar100(spec.labels)
