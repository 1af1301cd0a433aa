/** A data set and a net so small that a run takes moments on any engine: three signs of 6×6, each a bar of its own. */
import { type Dataset, type Images, imagesInMemory } from '../../../src/data/dataset.js'
import { randomBelow, stream } from '../../../src/net/random.js'
import type { Net } from '../../../src/net/tree.js'
import { concat, net, residual, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, dropout, globalAvgPool, image } from '../../../src/net/words/leaves.js'

const side = 6
const classes = ['row', 'column', 'diagonal']

/** Whether a pixel belongs to the sign of a class. */
const drawn = (label: number, row: number, column: number): boolean =>
  label === 0 ? row === 2 : label === 1 ? column === 3 : row === column

const images = (part: string, count: number): Images => {
  const bytes = new Uint8Array(count * side * side)
  const labels = Int32Array.from({ length: count }, (_, nth) => nth % classes.length)
  labels.forEach((label, nth) => {
    const draw = stream(7, `${part}/${nth}`)
    for (let at = 0; at < side * side; at++)
      bytes[nth * side * side + at] =
        randomBelow(draw, 150) + (drawn(label, Math.floor(at / side), at % side) ? 105 : 0)
  })
  return imagesInMemory(bytes, labels)
}

/** Images a part; training has three of each class for each one of validation and test. */
export const tinyData = (count = 12): Dataset => ({
  name: 'tiny',
  checksum: 'tiny',
  classes,
  image: [side, side, 1],
  stored: [side, side, 1],
  mean: [0.4],
  deviation: [0.2],
  train: images('train', 3 * count),
  validation: images('validation', count),
  test: images('test', count),
  augment: [{ _tag: 'shift', pixels: 1, fill: 'zero' }],
  skipped: [],
  notices: [],
  close: async () => undefined,
})

/** Without a sum, so that every width is free. */
export const freeNet: Net = net(
  'free',
  image(side, side, 1),
  convBnAct(6),
  concat('module', convBnAct(3, 1), stack('three', convBnAct(3, 1), convBnAct(4))),
  globalAvgPool,
  dense(3),
)

/** Every way to join, and batch norm behind every product, so that a loser can give exactly nothing. */
export const tinyNet: Net = net(
  'tiny',
  image(side, side, 1),
  convBnAct(6),
  concat('module', convBnAct(3, 1), stack('three', convBnAct(3, 1), convBnAct(4))),
  residual('sum', stack('body', convBnAct(5), convBnAct(7, 1, { activation: null })), { activation: 'relu' }),
  dropout(0.2),
  globalAvgPool,
  dense(3),
)
