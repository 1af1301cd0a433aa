/** MobileNet v1 with its width multiplier, after Howard et al. 2017. 224×224×3 → 1000 */
import { convBnAct, dense, globalAvgPool, image, net, repeat, separable } from '../../../src/index.js'

export const mobilenet = (width: number) => {
  const unit = (name: string, filters: number, stride = 1) =>
    separable(Math.round(width * filters), 3, { name, stride })

  return net('mobilenet', image(224, 224, 3),
    convBnAct(Math.round(width * 32), 3, { name: 'stem', stride: 2 }),    // 112×112×32
    unit('unit1', 64),                                                    // 112×112×64
    unit('unit2', 128, 2),                                                // 56×56×128
    unit('unit3', 128),                                                   // 56×56×128
    unit('unit4', 256, 2),                                                // 28×28×256
    unit('unit5', 256),                                                   // 28×28×256
    unit('unit6', 512, 2),                                                // 14×14×512
    repeat('units', 5, unit('unit', 512)),                                // 14×14×512
    unit('unit12', 1024, 2),                                              // 7×7×1024
    unit('unit13', 1024),                                                 // 7×7×1024
    globalAvgPool,                                                        // 1024
    dense(1000),                                                          // 1000
  )
}

export default mobilenet(1)
