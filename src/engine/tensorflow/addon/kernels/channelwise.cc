#include "channelwise.h"

#include <immintrin.h>
#include <limits>

#include "avx512-begin.h"
#include "vector.h"
#include "fetch.h"

namespace {

/** Outputs beside each other, and the part of their windows that lies on the map. */
struct Place {
  const float *x;        // the first value of the first window
  size_t row, pixel;     // floats to the window's next row, and to the next output's window
  int rows, columns;     // of the window
  int down;              // rows to the windows of the next row
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

/** Registers of outputs that are independent of each other, some channels of some pixels, to hide how long a sum takes. */
template <bool is_max, int pixels, int registers>
INLINE void tile(const Place &at, int first) {
  __mmask16 some[registers];
  Vector found[registers][pixels];
#pragma GCC unroll 8
  for (int each = 0; each < registers; each++) {
    some[each] = lanesOf(at.channels - first - each * lanes);
#pragma GCC unroll 8
    for (int nth = 0; nth < pixels; nth++) found[each][nth] = begin<is_max>(at, first + each * lanes);
#pragma GCC unroll 8
    for (int nth = 0; nth < pixels; nth++)
      fetchBelow(at.x + at.rows * at.row + nth * at.pixel + first + each * lanes, at.row, at.down, at.pixel,
                 at.channels);
  }
  for (int row = 0; row < at.rows; row++)
    for (int column = 0; column < at.columns; column++) {
      const float *from = at.x + row * at.row + static_cast<size_t>(column) * at.channels + first;
      const size_t tap = row * at.weight_row + static_cast<size_t>(column) * at.packed + first;
#pragma GCC unroll 8
      for (int each = 0; each < registers; each++) {
        const Vector weight = is_max ? _mm512_setzero_ps() : _mm512_loadu_ps(at.weights + tap + each * lanes);
#pragma GCC unroll 8
        for (int nth = 0; nth < pixels; nth++) {
          const Vector value = _mm512_maskz_loadu_ps(some[each], from + nth * at.pixel + each * lanes);
          Vector &best = found[each][nth];
          best = is_max ? _mm512_max_ps(best, value) : _mm512_fmadd_ps(value, weight, best);
        }
      }
    }
#pragma GCC unroll 8
  for (int each = 0; each < registers; each++)
#pragma GCC unroll 8
    for (int nth = 0; nth < pixels; nth++)
      _mm512_mask_storeu_ps(at.y + static_cast<size_t>(nth) * at.channels + first + each * lanes, some[each],
                            clampTo(at.clamp, found[each][nth]));
}

/** All channels of some pixels: of few pixels several registers at a time. */
template <bool is_max, int pixels, int registers>
INLINE void runFrom(const Place &at, int first) {
  for (; first + (registers - 1) * lanes < at.channels; first += registers * lanes)
    tile<is_max, pixels, registers>(at, first);
  if constexpr (registers > 1) runFrom<is_max, pixels, registers / 2>(at, first);
}

template <bool is_max, int pixels>
void run(const Place &at) {
  runFrom<is_max, pixels, (pixels < 4 ? 4 / pixels : 1)>(at, 0);
}

using Kernel = void (*)(const Place &);

template <bool is_max>
Kernel kernelOf(int pixels) {
  return pixels == 8 ? run<is_max, 8> : pixels == 4 ? run<is_max, 4> : pixels == 2 ? run<is_max, 2> : run<is_max, 1>;
}

/** How many of the outputs whose windows lie on the map are computed together, of so many that are left. */
int neighboursOf(int left) { return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1; }

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
  const Span rows = spanOf(top, window_.height, x_.rows);
  const bool is_max = packed_.empty();
  const int last = std::min(y_.columns, (x_.columns + window_.left - window_.width) / window_.across + 1);
  for (int column = 0, pixels; column < y_.columns; column += pixels) {
    const int left = column * window_.across - window_.left;
    pixels = left < 0 ? 1 : neighboursOf(last - column);
    const Span columns = spanOf(left, window_.width, x_.columns);
    const size_t skipped = static_cast<size_t>(rows.from) * window_.width + columns.from;
    (is_max ? kernelOf<true> : kernelOf<false>)(pixels)({image + (top + rows.from) * static_cast<ptrdiff_t>(x_.row()) +
                                                             static_cast<ptrdiff_t>(left + columns.from) * x_.channels,
                                                         x_.row(), static_cast<size_t>(window_.across) * x_.channels,
                                                         rows.count, columns.count, window_.down,
                                                         is_max ? nullptr : packed_.data() + skipped * packed,
                                                         static_cast<size_t>(window_.width) * packed, x_.channels,
                                                         packed, is_max ? nullptr : shift_.data(),
                                                         y + static_cast<size_t>(column) * y_.channels, clamp_});
  }
}

#include "avx512-end.h"
