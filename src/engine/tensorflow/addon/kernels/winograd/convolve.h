/** Convolutions by 3×3 in tiles of 4×4 outputs: thirty-six products a tile where the definition takes 144. */
#pragma once
#include "../maps/clamp.h"
#include "packing.h"
#include "tiling.h"

/** What follows the products: a number a filter and a map are added, where they are not null, and the sums are clamped. */
struct Epilogue {
  const float *shift = nullptr;
  const float *side = nullptr;
  Clamp clamp = Clamp::none;
};

/** The outputs of some tiles, of the filters in some of their blocks, by packed kernels. */
void convolve(const Tiling &tiling, const Packing &packing, const float *x, const float *packed, Range tiles,
              Range blocks, const Epilogue &epilogue, float *y);
