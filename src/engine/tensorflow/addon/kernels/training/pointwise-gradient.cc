#include "pointwise-gradient.h"

#include <immintrin.h>

#include "../maps/floats.h"

#include "../avx512/begin.h"
#include "../avx512/tile.h"
#include "../avx512/fetch.h"

namespace {

/** Signals of some filters, filled up with zeros to whole registers. Shapes  → packed [pixel, width] */
INLINE void pack(const float *dy, size_t pixel, int pixels, int filters, int width, float *packed) {
  for (int nth = 0; nth < pixels; nth++)
    for (int filter = 0; filter < width; filter += lanes)
      _mm512_storeu_ps(packed + nth * width + filter,
                       _mm512_maskz_loadu_ps(lanesOf(filters - filter), dy + nth * pixel + filter));
}

}  // namespace

void PointwiseGradient::run(const float *x, const float *dy, int begin, int end, float *dk) const {
  std::fill_n(dk, static_cast<size_t>(channels_) * filters_, 0.0f);
  for (int part = begin; part < end; part++) {
    const size_t first = static_cast<size_t>(part) * chunk_;
    const int pixels = std::min(chunk_, pixels_ - part * chunk_);
    const int next = part + 1 < end ? std::min(chunk_, pixels_ - (part + 1) * chunk_) : 0;
    add({x + first * channels_, dy + first * filters_, pixels, next}, dk);
  }
}

/** Fetches the next chunk meanwhile. */
void PointwiseGradient::add(const Chunk &chunk, float *dk) const {
  const auto &[x, dy, pixels, next] = chunk;
  const int groups = divideUp(channels_, mostPixels), blocks = divideUp(filters_, breadth);
  const size_t channels = channels_, filters = filters_;
  alignas(64) float packed[256 * breadth];
  for (int nth = 0; nth < groups * blocks; nth++) {
    const int group = nth % groups, filter = nth / groups * breadth, left = filters_ - filter;
    const int registers = left > lanes ? 2 : 1, width = registers * lanes;
    if (group == 0) pack(dy + filter, filters, pixels, left, width, packed);
    fetch(x + pixels * channels, x + (pixels + next) * channels, nth, groups * blocks);
    fetch(dy + pixels * filters, dy + (pixels + next) * filters, nth, groups * blocks);
    const int from = shareOf(channels_, group, groups), count = shareOf(channels_, group + 1, groups) - from;
    float *to = dk + from * filters + filter;
    kernelOf(count, registers)(
        {x + from, 1, channels, pixels, 1, zeros, packed, static_cast<size_t>(width), to, to, filters, left},
        Clamp::none);
  }
}

#include "../avx512/end.h"
