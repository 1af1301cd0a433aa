/** Words as a DSL file calls them, whose types are gone, and what reads their results. */
import type * as E from 'fp-ts/lib/Either.js'
import {
  convBnAct,
  dense,
  experiment,
  globalAvgPool,
  glyphs,
  image,
  mnist,
  type Net,
  net,
  train,
} from '../../../src/index.js'
import { type DecodeError, decode } from '../../../src/io/codec.js'
import { netCodec } from '../../../src/net/codec.js'
import { experimentCodec, studyCodec } from '../../../src/run/schedule/codec.js'

/** A word as a DSL file calls it, whose types are gone. */
export const bare = (word: unknown) => word as (...given: readonly unknown[]) => never

export const netOf = (...layers: readonly unknown[]): Net =>
  bare(net)('n', image(8, 8, 1), ...layers, globalAvgPool, dense(3))

export const head = netOf(convBnAct(4))

export const steps = (...all: readonly unknown[]) => bare(experiment)(head, glyphs(), ...all)

export const data = (spec: unknown) => bare(experiment)(head, spec, train())

export const augmented = (augmentation: unknown) => data(bare(mnist)({ augment: [augmentation] }))

export const whole = steps(train())

/** The whole that holds what a word made of these options, read as a DSL file's export is. */
export type Telling = (options: object) => E.Either<DecodeError, unknown>

export const asExperiment = decode(experimentCodec)

export const asStudy = decode(studyCodec)

export const layer =
  (make: (options: object) => unknown): Telling =>
  options =>
    decode(netCodec)(netOf(make(options)))

export const aim = { keep: { params: 0.5 } }

export const base = { net: head, data: glyphs(), base: train(), repair: train(), epochs: 1, trainings: {} }
