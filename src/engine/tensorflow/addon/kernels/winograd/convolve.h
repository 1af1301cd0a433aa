/** Convolutions by 3×3 in tiles of 4×4 outputs: thirty-six products a tile where the definition takes 144. */
#pragma once
#include "packing.h"
#include "tiling.h"

/** The outputs of some tiles, by packed kernels. */
void convolve(const Tiling &tiling, const Packing &packing, const float *x, const float *packed, int begin, int end,
              float *y);
