/** How the fields of a prune are read, whether it is a step or a part of a training. */
import * as t from 'io-ts'
import { finite, list, naturalNumber, nullable, positiveWhole, share } from '../../io/codec.js'
import { criterionCodec } from '../../learn/codec.js'
import { autoOr, normalizeCodec } from '../../surgery/codec.js'

/** The fields of a prune beside its target. */
export const pruneFields = {
  by: criterionCodec,
  normalize: nullable(normalizeCodec),
  cost: finite,
  images: positiveWhole,
  repair: t.keyof({ batchNorm: null, head: null, reconstruct: null }),
  minChannels: naturalNumber,
  floor: share,
  roundTo: autoOr(positiveWhole),
  freeze: list(t.string),
  ignore: list(t.string),
}
