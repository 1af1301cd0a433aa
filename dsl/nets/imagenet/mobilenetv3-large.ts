/** MobileNet v3, large, after Howard et al. 2019. 224×224×3 → 1000 */
import { convBnAct, dense, dropout, globalAvgPool, image, net } from '../../../src/index.js'
import { hs, re, stage } from './mobilenetv3.js'

export default net('mobilenetv3-large', image(224, 224, 3),
  convBnAct(16, 3, { ...hs, name: 'stem', stride: 2 }),                                 // 112×112×16
  stage('stage1', 16, 16, re, 1, [3, 16]),                                              // 112×112×16
  stage('stage2', 16, 24, re, 2, [3, 64], [3, 72]),                                     // 56×56×24
  stage('stage3', 24, 40, re, 2, [5, 72, 24], [5, 120, 32], [5, 120, 32]),              // 28×28×40
  stage('stage4', 40, 80, hs, 2, [3, 240], [3, 200], [3, 184], [3, 184]),               // 14×14×80
  stage('stage5', 80, 112, hs, 1, [3, 480, 120], [3, 672, 168]),                        // 14×14×112
  stage('stage6', 112, 160, hs, 2, [5, 672, 168], [5, 960, 240], [5, 960, 240]),        // 7×7×160
  convBnAct(960, 1, { ...hs, name: 'last' }),                                           // 7×7×960
  globalAvgPool,                                                                        // 960
  dense(1280, hs),                                                                      // 1280
  dropout(0.2),                                                                         // 1280
  dense(1000),                                                                          // 1000
)
