/** Reads `tf.train.Example`: values by key. */
import protobuf from 'protobufjs/light.js'

const byKey: protobuf.IMapField = { keyType: 'string', type: 'Feature', id: 1 }

const schema = protobuf.Root.fromJSON({
  nested: {
    BytesList: { fields: { value: { rule: 'repeated', type: 'bytes', id: 1 } } },
    FloatList: { fields: { value: { rule: 'repeated', type: 'float', id: 1 } } },
    Int64List: { fields: { value: { rule: 'repeated', type: 'int64', id: 1 } } },
    Feature: {
      fields: {
        bytesList: { type: 'BytesList', id: 1 },
        floatList: { type: 'FloatList', id: 2 },
        int64List: { type: 'Int64List', id: 3 },
      },
    },
    Features: { fields: { feature: byKey } },
    Example: { fields: { features: { type: 'Features', id: 1 } } },
  },
})

const message = schema.lookupType('Example')

interface Feature {
  readonly bytesList?: { readonly value?: readonly Uint8Array[] }
  readonly floatList?: { readonly value?: readonly number[] }
  readonly int64List?: { readonly value?: readonly (number | { readonly toNumber: () => number })[] }
}

/** The values of one record, by key. */
export type Example = Readonly<Record<string, Feature | undefined>>

/** Decodes an Example; the bytes of its values are views, not copies. Errors  throws where it is malformed */
export const readExample = (record: Uint8Array): Example => {
  const { features } = message.decode(record) as unknown as { features?: { feature?: Example } } // the schema above
  return features?.feature ?? {}
}

/** The first bytes under a key. */
export const bytesAt = (example: Example, key: string): Uint8Array | undefined =>
  example[key]?.bytesList?.value?.[0]

/** The integers or floats under a key. */
export const numbersAt = (example: Example, key: string): readonly number[] => {
  const { int64List, floatList } = example[key] ?? {}
  const whole = int64List?.value?.map(value => (typeof value === 'object' ? value.toNumber() : value))
  return whole ?? floatList?.value ?? []
}
