/** An addon that another version of this package has built. */
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { expect, test, vi } from 'vitest'
import { loadRuntime } from '../../src/engine/tensorflow/load.js'
import { findNative } from '../../src/engine/tensorflow/native.js'

vi.mock('../../src/engine/tensorflow/install/sources.js', async original => ({
  ...(await original<object>()),
  recipe: () => 'others',
}))

const addon = O.flatMap(findNative(), ({ addon }) => addon)

test.skipIf(O.isNone(addon))('is not run, and the command that builds it is told', () => {
  expect(loadRuntime({ runtime: 'addon' })).toEqual(
    E.left({
      _tag: 'EngineFailed',
      engine: 'tensorflow',
      reason: 'built from sources of another version; npm run engine builds it',
    }),
  )
})
