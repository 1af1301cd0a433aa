/** The gradient to kernels of 3×3, in tiles of 4×4 signals. */
#pragma once
#include "tiling.h"

/** The gradient to a kernel [3, 3, channels, filters] from the signals of some tiles. */
void convolveKernel(const Tiling &tiling, const float *x, const float *dy, int begin, int end, float *dk);
