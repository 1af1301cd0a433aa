#include "norm.h"

#include <algorithm>
#include <immintrin.h>

#include "../avx512/begin.h"
#include "../avx512/vector.h"

namespace {

/** Rows whose sums are independent of each other, to hide how long an addition takes. */
constexpr int together = 4;

INLINE Vector total(const Vector (&sums)[together]) {
  return _mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3]));
}

/** Calls `add(sum, row)` for all rows, with one of the sums in turn. */
template <typename Add>
INLINE void inTurn(int rows, const Add &add) {
  int nth = 0;
  for (; nth + together <= rows; nth += together)
#pragma GCC unroll 4
    for (int each = 0; each < together; each++) add(each, nth + each);
  for (; nth < rows; nth++) add(0, nth);
}

/** The sum over rows of sixteen channels, by `term`. */
template <typename Term>
INLINE Vector sumOver(int rows, size_t row, const float *x, __mmask16 some, const Term &term) {
  Vector sums[together] = {};
  inTurn(rows, [&](int each, int nth) { sums[each] = term(sums[each], _mm512_maskz_loadu_ps(some, x + nth * row)); });
  return total(sums);
}

void momentsOf(const float *x, int rows, int channels, float *mean, float *squares) {
  for (int channel = 0; channel < channels; channel += lanes) {
    const __mmask16 some = lanesOf(channels - channel);
    const auto sum = [](Vector sum, Vector value) { return _mm512_add_ps(sum, value); };
    const Vector middle =
        _mm512_div_ps(sumOver(rows, channels, x + channel, some, sum), _mm512_set1_ps(static_cast<float>(rows)));
    const auto square = [=](Vector sum, Vector value) {
      const Vector away = _mm512_sub_ps(value, middle);
      return _mm512_fmadd_ps(away, away, sum);
    };
    _mm512_mask_storeu_ps(mean + channel, some, middle);
    _mm512_mask_storeu_ps(squares + channel, some, sumOver(rows, channels, x + channel, some, square));
  }
}

/** The sums of sixteen channels. Shapes  → sums [2, channels] */
INLINE void signalsOf(const float *dy, const float *x, int rows, size_t channels, const float *mean, __mmask16 some,
                      float *sums) {
  const Vector middle = _mm512_maskz_loadu_ps(some, mean);
  Vector plain[together] = {}, weighted[together] = {};
  inTurn(rows, [&](int each, int nth) {
    const Vector signal = _mm512_maskz_loadu_ps(some, dy + nth * channels);
    plain[each] = _mm512_add_ps(plain[each], signal);
    const Vector away = _mm512_sub_ps(_mm512_maskz_loadu_ps(some, x + nth * channels), middle);
    weighted[each] = _mm512_fmadd_ps(signal, away, weighted[each]);
  });
  _mm512_mask_storeu_ps(sums, some, total(plain));
  _mm512_mask_storeu_ps(sums + channels, some, total(weighted));
}

/** Writes what `term(at, channel, load)` gives for each sixteen channels, from a place on, of the rows in some chunks. */
template <typename Term>
INLINE void writeRows(const Rows &rows, int begin, int end, float *to, const Term &term) {
  const size_t first = static_cast<size_t>(begin) * rows.chunk(), channels = rows.channels;
  const size_t last = std::min(end * rows.chunk(), rows.count);
  for (size_t nth = first; nth < last; nth++)
    for (size_t channel = 0; channel < channels; channel += lanes) {
      const size_t at = nth * channels + channel;
      const __mmask16 some = lanesOf(static_cast<int>(channels - channel));
      const auto load = [=](const float *from) { return _mm512_maskz_loadu_ps(some, from); };
      _mm512_mask_storeu_ps(to + at, some, term(at, channel, load));
    }
}

}  // namespace

int Rows::chunk() const { return std::clamp(8192 / channels, 16, 1024); }

void chunkMoments(const Rows &rows, const float *x, int begin, int end, float *moments) {
  const size_t channels = rows.channels;
  for (int nth = begin; nth < end; nth++) {
    const int first = nth * rows.chunk(), count = std::min(rows.chunk(), rows.count - first);
    float *mean = moments + 2 * nth * channels;
    momentsOf(x + first * channels, count, rows.channels, mean, mean + channels);
  }
}

/** Source  Chan, Golub and LeVeque 1983: moments of parts to those of the whole */
void combine(const Rows &rows, const float *moments, float *mean, float *variance) {
  for (int channel = 0; channel < rows.channels; channel++) {
    double middle = 0, squares = 0, seen = 0;
    for (int nth = 0; nth < rows.chunks(); nth++) {
      const float *part = moments + 2 * static_cast<size_t>(nth) * rows.channels + channel;
      const double count = std::min(rows.chunk(), rows.count - nth * rows.chunk()), away = part[0] - middle;
      squares += part[rows.channels] + away * away * seen * count / (seen + count);
      seen += count;
      middle += away * count / seen;
    }
    mean[channel] = static_cast<float>(middle);
    variance[channel] = static_cast<float>(squares / seen);
  }
}

void chunkSignals(const Rows &rows, const float *dy, const float *x, const float *mean, int begin, int end,
                  float *sums) {
  const size_t channels = rows.channels;
  for (int nth = begin; nth < end; nth++) {
    const size_t first = nth * static_cast<size_t>(rows.chunk()) * channels;
    const int count = std::min(rows.chunk(), rows.count - nth * rows.chunk());
    for (size_t channel = 0; channel < channels; channel += lanes)
      signalsOf(dy + first + channel, x + first + channel, count, channels, mean + channel,
                lanesOf(static_cast<int>(channels - channel)), sums + 2 * nth * channels + channel);
  }
}

void sumChunks(const Rows &rows, const float *sums, float *total) {
  const int width = 2 * rows.channels;
  for (int at = 0; at < width; at++) {
    double sum = 0;
    for (int nth = 0; nth < rows.chunks(); nth++) sum += sums[static_cast<size_t>(nth) * width + at];
    total[at] = static_cast<float>(sum);
  }
}

void mixRows(const Rows &rows, const float *dy, const float *x, const float *factors, int begin, int end, float *dx) {
  const float *slopes = factors + rows.channels, *shifts = slopes + rows.channels;
  writeRows(rows, begin, end, dx, [=](size_t at, size_t channel, const auto &load) {
    const Vector line = _mm512_fmadd_ps(load(x + at), load(slopes + channel), load(shifts + channel));
    return _mm512_fmadd_ps(load(dy + at), load(factors + channel), line);
  });
}

void scaleRows(const Rows &rows, const float *x, const float *factor, const float *shift, int begin, int end,
               float *y) {
  writeRows(rows, begin, end, y, [=](size_t at, size_t channel, const auto &load) {
    return _mm512_fmadd_ps(load(x + at), load(factor + channel), load(shift + channel));
  });
}

#include "../avx512/end.h"
