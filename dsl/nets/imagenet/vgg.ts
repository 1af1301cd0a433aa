/** VGG-16 and VGG-19 with batch norm instead of biases, after Simonyan and Zisserman 2015. 224×224×3 → 1000 */
import { convBnAct, dense, dropout, flatten, image, maxPool, net, repeat } from '../../../src/index.js'

const hidden = dense(4096, { activation: 'relu' })

/** `deep` convolutions in each of the last three stages. */
const vgg = (name: string, deep: number) => net(name, image(224, 224, 3),
  repeat('stage1', 2, convBnAct(64)),        // 224×224×64
  maxPool(),                                 // 112×112×64
  repeat('stage2', 2, convBnAct(128)),       // 112×112×128
  maxPool(),                                 // 56×56×128
  repeat('stage3', deep, convBnAct(256)),    // 56×56×256
  maxPool(),                                 // 28×28×256
  repeat('stage4', deep, convBnAct(512)),    // 28×28×512
  maxPool(),                                 // 14×14×512
  repeat('stage5', deep, convBnAct(512)),    // 14×14×512
  maxPool(),                                 // 7×7×512
  flatten,                                   // 25088
  hidden,                                    // 4096
  dropout(0.5),                              // 4096
  hidden,                                    // 4096
  dropout(0.5),                              // 4096
  dense(1000),                               // 1000
)

export const vgg16 = vgg('vgg16', 3)
export const vgg19 = vgg('vgg19', 4)

export default vgg16
