/**
 * A model that was trained before learns other classes: its last layer is new and learns first, with the rest frozen;
 * then all of it learns, slowly. The classes here are the same ten signs, drawn anew: what matters is the new head.
 *
 * npm run compile-and-train -- examples/head.ts
 */
import { experiment, from, glyphs, train, withHead } from '../src/index.js'

/** The end of `dsl/quickstart.ts`: a file beside this one, in any format that is imported. */
const pretrained = withHead(10)(from('quickstart.safetensors'))

export default experiment(pretrained, glyphs({ drawn: 1, train: 1000, test: 500 }),
  train({ epochs: 3, batchSize: 50, freeze: ['conv', 'a', 'b'] }),      // the head alone
  train({ epochs: 3, batchSize: 50, learningRate: 0.01 }))              // all of it
