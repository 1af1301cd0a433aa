/** SqueezeNet 1.1, biases and no batch norm, a convolution for the classes; after Iandola et al. 2016. 224×224×3 → 1000 */
import { concat, conv, dropout, globalAvgPool, image, maxPool, net, stack } from '../../../src/index.js'

const plain = { activation: 'relu' } as const
const pool = maxPool(3, { stride: 2, padding: 'valid' })

const fire = (name: string, squeeze: number, expand: number) => stack(name,
  conv(squeeze, 1, { ...plain, name: 'squeeze' }),
  concat('expand', conv(expand, 1, { ...plain, name: 'point' }), conv(expand, 3, { ...plain, name: 'three' })))

export default net('squeezenet', image(224, 224, 3),
  conv(64, 3, { ...plain, name: 'stem', stride: 2, padding: 'valid' }),    // 111×111×64
  pool,                                                                    // 55×55×64
  fire('fire2', 16, 64),                                                   // 55×55×128
  fire('fire3', 16, 64),                                                   // 55×55×128
  pool,                                                                    // 27×27×128
  fire('fire4', 32, 128),                                                  // 27×27×256
  fire('fire5', 32, 128),                                                  // 27×27×256
  pool,                                                                    // 13×13×256
  fire('fire6', 48, 192),                                                  // 13×13×384
  fire('fire7', 48, 192),                                                  // 13×13×384
  fire('fire8', 64, 256),                                                  // 13×13×512
  fire('fire9', 64, 256),                                                  // 13×13×512
  dropout(0.5),                                                            // 13×13×512
  conv(1000, 1, { ...plain, name: 'classes' }),                            // 13×13×1000
  globalAvgPool,                                                           // 1000
)
