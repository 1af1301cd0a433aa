/** CIFAR-10: the parts of the recipe that learns in few epochs, alone and together. 32×32×3 → 10 */
import { type Augmentation, alternatingFlip, experiment, flip, imageFolder, initialize, randomCrop, recipe, type Step, study, type Train, train } from '../../src/index.js'
import { whole } from './cifar10-small.js'

interface Options { readonly with?: Partial<Omit<Train, '_tag'>>; readonly first?: readonly Step[]; readonly mirrored?: Augmentation }

const { scaleRate, shiftRate, learningRate, lrSchedule, average } = recipe.fast
const variant = (name: string, { with: options = {}, first = [], mirrored = flip }: Options) => ({
  name,
  experiment: experiment(whole, imageFolder(whole.input, { augment: [randomCrop(4), mirrored], validation: 0.25 }),
    ...first, train({ epochs: 8, ...options })),
})
const frozen = { freeze: ['stem'] }
const all = { with: { ...recipe.fast, ...frozen, average: null }, first: [initialize({ whiten: 'stem' })], mirrored: alternatingFlip }

export default study('compare-recipes', { seeds: 3 }, [
  variant('base', {}),
  variant('Dirac', { first: [initialize()] }),
  variant('alternating flip', { mirrored: alternatingFlip }),
  variant('scales frozen, fast shifts', { with: { scaleRate, shiftRate } }),
  variant('triangular rate', { with: { learningRate, lrSchedule } }),
  variant('whitening stem', { with: frozen, first: [initialize({ dirac: false, whiten: 'stem' })] }),
  variant('all', all),
  variant('all, averaged', { ...all, with: { ...all.with, average } }),
  variant('all, lookahead', { ...all, with: { ...all.with, average: { ...average, lookahead: true } } }),
])
