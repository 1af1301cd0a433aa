/**
 * Products of the windows of some neighbouring pixels with a block of filters, in registers. To be included after
 * `<immintrin.h>` and `begin.h`.
 */
#pragma once
#include "vector.h"

namespace {

/** The most pixels of a tile with so many filters in two registers. */
constexpr int mostPixels = 12, breadth = 2 * lanes;

/** Zeros, from which sums begin. */
alignas(64) const float zeros[breadth] = {};

/** What a tile reads and writes. */
struct Place {
  const float *x;
  size_t pixel;  // floats from a pixel's window to the next one's
  size_t row;    // floats from a run of the window to the next
  int runs, length;
  const float *bias;     // for each filter of the block
  const float *weights;  // for each float of the window, for each filter of the block
  size_t step;           // floats from the weights of one to those of the next
  const float *side;
  float *y;
  size_t apart;  // floats from an output pixel to the next
  int left;      // filters from the block's first on
};

template <int width>
INLINE void finish(const Place &at, Vector *sums, size_t offset, Clamp clamp) {
#pragma GCC unroll 4
  for (int nth = 0; nth < width; nth++) {
    const __mmask16 some = lanesOf(at.left - nth * lanes);
    const size_t to = offset + nth * lanes;
    Vector value = sums[nth];
    if (at.side != nullptr) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(some, at.side + to));
    _mm512_mask_storeu_ps(at.y + to, some, clampTo(clamp, value));
  }
}

/** Pixels in threes: x86 adds a register once or twice to an address. */
template <int pixels, int width>
INLINE void tile(const Place &at, Clamp clamp) {
  constexpr int threes = (pixels + 2) / 3;
  Vector sums[pixels][width];
#pragma GCC unroll 16
  for (int pixel = 0; pixel < pixels; pixel++)
#pragma GCC unroll 4
    for (int nth = 0; nth < width; nth++) sums[pixel][nth] = _mm512_loadu_ps(at.bias + nth * lanes);
  const float *weights = at.weights;
  const size_t stride = at.pixel;
  for (int run = 0; run < at.runs; run++) {
    const float *from[threes];
#pragma GCC unroll 4
    for (int three = 0; three < threes; three++) from[three] = at.x + run * at.row + 3 * three * stride;
    for (int k = 0; k < at.length; k++) {
      Vector weight[width];
#pragma GCC unroll 4
      for (int nth = 0; nth < width; nth++) weight[nth] = _mm512_loadu_ps(weights + nth * lanes);
      weights += at.step;
#pragma GCC unroll 16
      for (int pixel = 0; pixel < pixels; pixel++) {
        const Vector input = _mm512_set1_ps(from[pixel / 3][pixel % 3 * stride + k]);
#pragma GCC unroll 4
        for (int nth = 0; nth < width; nth++) sums[pixel][nth] = _mm512_fmadd_ps(input, weight[nth], sums[pixel][nth]);
      }
    }
  }
#pragma GCC unroll 16
  for (int pixel = 0; pixel < pixels; pixel++) finish<width>(at, sums[pixel], pixel * at.apart, clamp);
}

using Kernel = void (*)(const Place &, Clamp);

template <int pixels, int width>
void run(const Place &at, Clamp clamp) {
  tile<pixels, width>(at, clamp);
}

constexpr Kernel narrow[] = {run<1, 1>, run<2, 1>, run<3, 1>, run<4, 1>,  run<5, 1>,  run<6, 1>,
                             run<7, 1>, run<8, 1>, run<9, 1>, run<10, 1>, run<11, 1>, run<12, 1>};
constexpr Kernel middle[] = {run<1, 2>, run<2, 2>, run<3, 2>, run<4, 2>,  run<5, 2>,  run<6, 2>,
                             run<7, 2>, run<8, 2>, run<9, 2>, run<10, 2>, run<11, 2>, run<12, 2>};
constexpr Kernel wide[] = {run<1, 4>, run<2, 4>, run<3, 4>, run<4, 4>, run<5, 4>, run<6, 4>};

Kernel kernelOf(int pixels, int width) { return (width == 1 ? narrow : width == 2 ? middle : wide)[pixels - 1]; }

}  // namespace
