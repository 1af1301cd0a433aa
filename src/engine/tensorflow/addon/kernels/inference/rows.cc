#include "rows.h"

#include <immintrin.h>

#include "../avx512/begin.h"
#include "../avx512/vector.h"

namespace {

INLINE void copy(const float *from, int count, float *to) {
  for (int first = 0; first < count; first += lanes) {
    const __mmask16 some = lanesOf(count - first);
    _mm512_mask_storeu_ps(to + first, some, _mm512_maskz_loadu_ps(some, from + first));
  }
}

}  // namespace

void joinRows(const std::vector<Columns> &parts, int begin, int end, float *y) {
  size_t channels = 0;
  for (const Columns &part : parts) channels += part.channels;
  float *to = y + begin * channels;
  for (int row = begin; row < end; row++)
    for (const Columns &part : parts) {
      copy(part.x + static_cast<size_t>(row) * part.channels, part.channels, to);
      to += part.channels;
    }
}

void sumRows(const float *x, int count, int channels, float *y) {
  for (int first = 0; first < channels; first += lanes) {
    const __mmask16 some = lanesOf(channels - first);
    Vector sum = _mm512_setzero_ps();
    for (int row = 0; row < count; row++)
      sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(some, x + static_cast<size_t>(row) * channels + first));
    _mm512_mask_storeu_ps(y + first, some, sum);
  }
}

#include "../avx512/end.h"
