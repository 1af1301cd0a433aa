/** Inverted residuals as in MobileNet v2, fewer and narrower. 32×32×3 → 10 */
import { convBnAct, dense, globalAvgPool, image, net } from '../../../src/index.js'
import { stage } from '../imagenet/mobilenetv2.js'

export default net('inverted', image(32, 32, 3),
  convBnAct(16, 3, { name: 'stem', activation: 'relu6' }),    // 32×32×16
  stage('stage1', 4, 16, 16, 2, 1),                           // 32×32×16
  stage('stage2', 4, 16, 32, 3, 2),                           // 16×16×32
  stage('stage3', 4, 32, 64, 4, 2),                           // 8×8×64
  globalAvgPool,                                              // 64
  dense(10),                                                  // 10
)
