/** Facts on training, pushing and criteria, as the page of messages shows them. */
import type { Examples } from './examples.js'

export const learnFacts = {
  NoEvidence: [
    { criterion: 'gradientUtility', needed: 'gradientUtility' },
    { criterion: 'bnScale', needed: 'weights' },
    { criterion: 'l1', needed: 'weights' },
  ],
  NoDecision: [{ got: ['maxPool', 'flatten'] }, { got: ['dense'] }],
  NotProven: [{ difference: 0.002, tolerance: 0.00001 }],
  Overflow: [{ what: 'loss', got: 'NaN', epoch: 2, step: 12 }],
  DataDiffers: [
    { what: 'image', net: [28, 28, 1], data: [32, 32, 3] },
    { what: 'classes', net: [10], data: [3] },
  ],
  TooFewImages: [
    { images: null, batch: 64 },
    { images: 40, batch: 64 },
  ],
  OneValue: [{ at: 'dense', batch: 1 }],
  NotFirst: [{ at: 'dense', got: 'dense' }],
  OneClass: [{ data: '../photos', name: 'cats' }],
  NoClasses: [{}],
  BadResize: [{ height: 8, width: 8, most: 100_000_000 }],
  Interrupted: [{}],
} satisfies Partial<Examples>
