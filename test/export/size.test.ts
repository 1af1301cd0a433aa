import { expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { targets } from '../../src/convert/target.js'
import { deep, inFolder, largestAllowed, models, run, sizeOfFolder } from '../support/programs/exported.js'

const sized = { ...models, deep }

test.for(targets.flatMap(to => Object.entries(sized).map(([name, model]) => [to, name, model] as const)))(
  '%s of %s is hardly larger than its weights',
  ([to, , model]) =>
    inFolder(async folder => {
      await run(exportModel({ to, folder })(model))
      expect(sizeOfFolder(folder)).toBeLessThanOrEqual(largestAllowed(model))
    }),
)
