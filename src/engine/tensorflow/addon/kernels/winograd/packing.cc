#include "packing.h"

#include <immintrin.h>

#include "../avx512/begin.h"
#include "layout.h"

namespace {

/** Floats that lie so far apart. */
INLINE Vector strided(const float *from, int step, __mmask16 some) {
  if (step == 1) return _mm512_maskz_loadu_ps(some, from);
  const __m512i nth = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), some, _mm512_mullo_epi32(nth, _mm512_set1_epi32(step)), from, 4);
}

}  // namespace

Packing::Packing(int depth, int filters)
    : depth_(depth), filters_(filters), rows_(Groups(depth).channels()), place_(apart(Blocks(filters).floats(rows_))) {}

int Packing::blocks() const { return Blocks(filters_).count; }

size_t Packing::floats() const { return places * place_; }

void Packing::pack(const float *kernel, bool turned, int begin, int end, float *packed) const {
  constexpr int last = taps * taps - 1;
  const Blocks blocks(filters_);
  const size_t tap = static_cast<size_t>(depth_) * filters_;
  const size_t down = turned ? 1 : filters_, across = turned ? depth_ : 1;
  for (int row = begin; row < end; row++)
    for (int filter = 0; filter < filters_; filter += lanes) {
      const float *from = kernel + row * down + filter * across;
      float *to = packed + blocks.at(filter, row, rows_);
      const __mmask16 some = row < depth_ ? lanesOf(filters_ - filter) : 0;
      transform<taps, points, kernelAxis>(
          [&](int i, int j) {
            return strided(from + (turned ? last - (i * taps + j) : i * taps + j) * tap, across, some);
          },
          [&](int i, int j, Vector value) { _mm512_storeu_ps(to + (i * points + j) * place_, value); });
    }
}

#include "../avx512/end.h"
