/** What examples of words name beside words: a net of two layers, and an experiment with it. */
import { convBnAct, dense, experiment, globalAvgPool, glyphs, image, net, train } from '../../src/index.js'

export const tinyNet = net('tiny', image(28, 28, 1), convBnAct(12), globalAvgPool, dense(10))

export const tinyExperiment = experiment(tinyNet, glyphs(), train())
