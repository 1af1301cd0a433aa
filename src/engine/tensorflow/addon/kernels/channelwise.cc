#include "channelwise.h"

#include <immintrin.h>
#include <limits>

#include "avx512-begin.h"
#include "vector.h"

namespace {

/** Outputs beside each other, and the part of their windows that lies on the map. */
struct Place {
  const float *x;        // the first value of the first window
  size_t row, pixel;     // floats to the window's next row, and to the next output's window
  int rows, columns;     // of the window
  const float *weights;  // of the first value; null for a largest value
  size_t weight_row;     // floats to the weights of the next row
  int channels, packed;  // of the map; rounded up to whole registers
  const float *shift;
  float *y;
  Clamp clamp;
};

template <bool is_max>
INLINE Vector begin(const Place &at, int first) {
  return is_max ? _mm512_set1_ps(-std::numeric_limits<float>::infinity()) : _mm512_loadu_ps(at.shift + first);
}

/** Fetches what windows one row below read and these do not: a map is larger than the nearest cache. */
template <int pixels>
INLINE void fetchBelow(const Place &at, int first) {
#pragma GCC unroll 4
  for (int nth = 0; nth < pixels; nth++)
    _mm_prefetch(reinterpret_cast<const char *>(at.x + at.rows * at.row + nth * at.pixel + first), _MM_HINT_T0);
}

template <bool is_max, int pixels>
INLINE void tile(const Place &at) {
  for (int first = 0; first < at.channels; first += lanes) {
    const __mmask16 some = lanesOf(at.channels - first);
    Vector found[pixels];
#pragma GCC unroll 4
    for (int nth = 0; nth < pixels; nth++) found[nth] = begin<is_max>(at, first);
    fetchBelow<pixels>(at, first);
    for (int row = 0; row < at.rows; row++)
      for (int column = 0; column < at.columns; column++) {
        const float *from = at.x + row * at.row + static_cast<size_t>(column) * at.channels + first;
        const size_t tap = row * at.weight_row + static_cast<size_t>(column) * at.packed + first;
        const Vector weight = is_max ? _mm512_setzero_ps() : _mm512_loadu_ps(at.weights + tap);
#pragma GCC unroll 4
        for (int nth = 0; nth < pixels; nth++) {
          const Vector value = _mm512_maskz_loadu_ps(some, from + nth * at.pixel);
          found[nth] = is_max ? _mm512_max_ps(found[nth], value) : _mm512_fmadd_ps(value, weight, found[nth]);
        }
      }
#pragma GCC unroll 4
    for (int nth = 0; nth < pixels; nth++)
      _mm512_mask_storeu_ps(at.y + static_cast<size_t>(nth) * at.channels + first, some, clampTo(at.clamp, found[nth]));
  }
}

/** Outputs that are computed together where their windows lie on the map. */
constexpr int neighbours = 4;

using Kernel = void (*)(const Place &);

template <bool is_max, int pixels>
void run(const Place &at) { tile<is_max, pixels>(at); }

Kernel kernelOf(bool is_max, int pixels) {
  if (is_max) return pixels == 1 ? run<true, 1> : run<true, neighbours>;
  return pixels == 1 ? run<false, 1> : run<false, neighbours>;
}

/** The part of a window that lies on a side of the map: from which of its rows or columns, and how many. */
struct Part {
  int from, count;
};

Part partOf(int start, int size, int side) {
  const int from = std::max(0, -start);
  return {from, std::max(0, std::min(size, side - start) - from)};
}

int roundedUp(int channels) { return (channels + lanes - 1) / lanes * lanes; }

}  // namespace

Channelwise::Channelwise(const Window &window, const Map &x)
    : window_(window), x_(x), y_{x.images, window.rows(x.rows), window.columns(x.columns), x.channels} {}

Channelwise::Channelwise(const Window &window, const Map &x, Clamp clamp, const float *kernel, const float *scale,
                         const float *shift)
    : Channelwise(window, x) {
  clamp_ = clamp;
  const int packed = roundedUp(x.channels), taps = window.height * window.width;
  shift_.assign(packed, 0.0f);
  packed_.assign(static_cast<size_t>(taps) * packed, 0.0f);
  std::copy_n(shift, x.channels, shift_.data());
  for (int tap = 0; tap < taps; tap++)
    for (int c = 0; c < x.channels; c++)
      packed_[static_cast<size_t>(tap) * packed + c] = kernel[static_cast<size_t>(tap) * x.channels + c] * scale[c];
}

double Channelwise::work() const { return 8.0 * y_.images * y_.image() * window_.height * window_.width; }

void Channelwise::run(const float *x, float *y, int begin, int end) const {
  for (int part = begin; part < end; part++)
    runRow(x + part / y_.rows * x_.image(), y + part * y_.row(), part % y_.rows);
}

void Channelwise::runRow(const float *image, float *y, int row) const {
  const int packed = roundedUp(x_.channels);
  const int top = row * window_.down - window_.top;
  const Part rows = partOf(top, window_.height, x_.rows);
  const bool is_max = packed_.empty();
  int column = 0;
  while (column < y_.columns) {
    const int left = column * window_.across - window_.left;
    const bool is_inside = left >= 0 && left + (neighbours - 1) * window_.across + window_.width <= x_.columns;
    const int pixels = is_inside && column + neighbours <= y_.columns ? neighbours : 1;
    const Part columns = partOf(left, window_.width, x_.columns);
    const size_t skipped = static_cast<size_t>(rows.from) * window_.width + columns.from;
    kernelOf(is_max, pixels)({image + (top + rows.from) * static_cast<ptrdiff_t>(x_.row()) +
                                  static_cast<ptrdiff_t>(left + columns.from) * x_.channels,
                              x_.row(), static_cast<size_t>(window_.across) * x_.channels, rows.count, columns.count,
                              is_max ? nullptr : packed_.data() + skipped * packed,
                              static_cast<size_t>(window_.width) * packed, x_.channels, packed,
                              is_max ? nullptr : shift_.data(), y + static_cast<size_t>(column) * y_.channels, clamp_});
    column += pixels;
  }
}

#include "avx512-end.h"
