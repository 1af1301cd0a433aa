/** What is read of records: images, and labels of every spelling. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openData } from '../../../../src/data/open.js'
import { evaluationFeed, trainingFeed } from '../../../../src/data/pipeline/batches.js'
import { tfrecord } from '../../../../src/data/spec.js'
import { image } from '../../../../src/net/words/leaves.js'
import { renderMessage } from '../../../../src/report/text/render-message.js'
import { failure, scratch, succeed } from '../../../support/scratch.js'
import { contentOf, framed, labelled, listOf, open, whole } from './records.js'

/** The training labels of a set with these records, of three classes. */
const labelsOf = async (records: readonly Buffer[], firstLabel = 0, classes = 3) => {
  const shard = Buffer.concat(records)
  const data = await succeed(
    openData({ folder: scratch({ train: shard, test: shard }), seed: 0 })(
      tfrecord(image(2, 2, 3), classes, { validation: 0, firstLabel }),
    ),
  )
  const notices = data.notices.filter(({ _tag }) => _tag !== 'DuplicatesFound') // both parts are the same shard
  return { labels: [...data.train.labels], notices: notices.map(renderMessage) }
}

describe('records', () => {
  test('reads shards written by TensorFlow', async () => {
    const data = await succeed(open(whole))
    expect([data.train.size, data.test.size, data.classes.length]).toEqual([6, 3, 1000])
    const { images, labels } = await evaluationFeed(data, data.test, { batch: 3 }).batch(0, 0)
    expect([...labels]).toEqual([0, 1, 999])
    const colours = [0, 1, 2].map(nth =>
      [...images.subarray(12 * nth, 12 * nth + 3)].map(v => Math.round(v * 255)),
    )
    expect(colours).toEqual([
      [1, 10, 20],
      [2, 10, 20],
      [232, 10, 20],
    ])
  })

  test('streams the same images, and reuses the cached index', async () => {
    const folder = scratch(whole)
    const spec = tfrecord(image(2, 2, 3), 1000)
    const said: string[] = []
    const onProgress = ({ what }: { readonly what: string }) => said.push(what)
    const held = await succeed(openData({ folder, seed: 0, onProgress })(spec))
    expect(said).toContain('indexing')
    said.length = 0
    const streamed = await succeed(openData({ folder, seed: 0, memory: 10, onProgress })(spec))
    expect(said).toEqual([])
    expect(streamed).toMatchObject({ checksum: held.checksum, mean: held.mean, deviation: held.deviation })
    const batch = (data: typeof held) => trainingFeed(data, { batch: 5, seed: 3 }).batch(1, 0)
    expect(await batch(streamed)).toEqual(await batch(held))
  })

  test('an Example without a label or an image, with a label of another set, or that is none', async () => {
    const renamed = (key: string) => {
      const content = contentOf(1)
      content.write('X', content.indexOf(key))
      return content
    }
    const cases: readonly [Buffer, object][] = [
      [renamed('image/class/label'), { _tag: 'ValueMissing', key: 'image/class/label' }],
      [renamed('image/encoded'), { _tag: 'ValueMissing', key: 'image/encoded' }],
      [Buffer.alloc(0), { _tag: 'ValueMissing', key: 'image/class/label' }],
      [Buffer.from('ffffffff', 'hex'), { _tag: 'BadValue', what: 'record' }],
    ]
    for (const [content, fact] of cases)
      expect(
        await failure(
          open({ ...whole, 'train-00000-of-00002': Buffer.concat([framed(contentOf(0)), framed(content)]) }),
        ),
      ).toMatchObject({ ...fact, entry: 'record 1', offset: 229 + 12 })
    expect(await failure(open(whole, { firstLabel: 2 }))).toMatchObject({
      _tag: 'BadValue',
      got: '1',
      expected: 'a whole number from 2, the firstLabel, to 1001, or zeros and a single 1, 1000 in all',
    })
    expect(await failure(open(whole, { keys: { label: 'class' } }))).toMatchObject({
      _tag: 'ValueMissing',
      key: 'class',
    })
  })

  test('a one-hot list is the label of its 1', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('ints', 'floats'),
        fc.nat({ max: 1 }),
        async (labels, kind, firstLabel) => {
          const oneHot = labels.map(label => [0, 1, 2].map(place => (place === label ? 1 : 0)))
          const lists = oneHot.map(list => labelled(listOf[kind as 'ints' | 'floats'](list))) // as drawn above
          expect((await labelsOf(lists, firstLabel)).labels).toEqual(labels)
          const plain = labels.map(label => labelled(listOf[kind as 'ints' | 'floats']([label + firstLabel])))
          expect((await labelsOf(plain, firstLabel)).labels).toEqual(labels)
        },
      ),
      { numRuns: 6 },
    )
  })

  test('any other list, text or fraction is no label, and is shown', async () => {
    const expected = 'expected a whole number from 0, the firstLabel, to 2, or zeros and a single 1, 3 in all'
    const cases: readonly [Buffer, string][] = [
      [listOf.ints([0, 1]), '0, 1'],
      [listOf.ints([1, 1, 0]), '1, 1, 0'],
      [listOf.ints([0, 0, 0]), '0, 0, 0'],
      [listOf.ints([0, 2, 0]), '0, 2, 0'],
      [listOf.ints([0, 0, 0, 1]), '0, 0, 0, 1'],
      [listOf.floats([1.5]), '1.5'],
      [listOf.bytes('cat'), "the text 'cat'"],
      [listOf.ints(new Array(9).fill(0)), '0, 0, 0, 0, 0, 0, 0, 0 … (9 numbers)'],
    ]
    for (const [label, shown] of cases) {
      const folder = scratch({ train: labelled(label), test: labelled(label) })
      const fact = await failure(
        openData({ folder, seed: 0 })(tfrecord(image(2, 2, 3), 3, { firstLabel: 0 })),
      )
      expect(renderMessage(fact)).toMatch(`image/class/label: ${expected}, got ${shown}`)
    }
  })

  test('a missing key is named with the existing keys', async () => {
    const shard = labelled(listOf.ints([1]), 'label')
    const fact = await failure(open({ train: shard, test: shard }))
    expect(renderMessage(fact)).toMatch(
      /: expected a value for image\/class\/label, got values for image\/encoded, label; try /,
    )
  })

  test('classes without training images give a notice', async () => {
    const records = [1, 2, 3].map(label => labelled(listOf.ints([label])))
    expect(await labelsOf(records, 0, 4)).toEqual({
      labels: [1, 2, 3],
      notices: [
        'records: 1 of 4 classes without a training image: 0; if none should be missing, try other classes, or another firstLabel',
      ],
    })
    expect((await labelsOf(records, 1, 3)).notices).toEqual([])
  })
})
