#include "channelwise.h"

#include <immintrin.h>
#include <limits>

#include "avx512/begin.h"
#include "avx512/vector.h"
#include "avx512/fetch.h"

namespace {

/** Outputs beside each other, and the part of their windows that lies on the map. */
struct Place {
  const float *x;        // the first value of the first window
  size_t row, pixel;     // floats to the window's next row, and to the next output's window
  int rows, columns;     // of the window
  int ahead;             // rows below a row of windows that are fetched
  const float *weights;  // of the first value; null for a largest value
  size_t weight_row;     // floats to the weights of the next row
  int channels, packed;  // of the map; rounded up to whole registers
  const float *shift;
  float *y;
  size_t y_row;  // floats to the next row of outputs
  Clamp clamp;
};

template <bool is_max>
INLINE Vector begin(const Place &at, int first) {
  return is_max ? _mm512_set1_ps(-std::numeric_limits<float>::infinity()) : _mm512_loadu_ps(at.shift + first);
}

/** Outputs whose sums are in registers together: of some rows, of pixels in each, and of registers of their channels. */
template <int rows_, int pixels_, int registers_>
struct Block {
  static constexpr int rows = rows_, pixels = pixels_, registers = registers_;
};

/** The sums, or largest values, of a block, which begins at a channel. */
template <bool is_max, typename Of>
struct Found {
  INLINE Found(const Place &at, int first) {
#pragma GCC unroll 8
    for (int each = 0; each < Of::registers; each++) {
      const int channel = first + each * lanes;
      some[each] = lanesOf(at.channels - channel);
#pragma GCC unroll 8
      for (int nth = 0; nth < Of::pixels; nth++) {
#pragma GCC unroll 2
        for (int row = 0; row < Of::rows; row++) values[row][each][nth] = begin<is_max>(at, channel);
        fetchBelow(at.x + (at.rows + Of::rows - 1) * at.row + nth * at.pixel + channel, at.row, at.ahead * Of::rows,
                   at.pixel, at.channels);
      }
    }
  }

  /** Loads a column of a line of the map once, for the windows of all rows. */
  INLINE void add(const Place &at, int line, int column, int channel, int each) {
    const float *from = at.x + line * at.row + static_cast<size_t>(column) * at.channels + channel;
    Vector loaded[Of::pixels];
#pragma GCC unroll 8
    for (int nth = 0; nth < Of::pixels; nth++) loaded[nth] = _mm512_maskz_loadu_ps(some[each], from + nth * at.pixel);
#pragma GCC unroll 2
    for (int row = 0; row < Of::rows; row++) {
      if (line < row || line - row >= at.rows) continue;
      const size_t tap = (line - row) * at.weight_row + static_cast<size_t>(column) * at.packed + channel;
      const Vector weight = is_max ? _mm512_setzero_ps() : _mm512_loadu_ps(at.weights + tap);
#pragma GCC unroll 8
      for (int nth = 0; nth < Of::pixels; nth++) {
        Vector &value = values[row][each][nth];
        value = is_max ? _mm512_max_ps(value, loaded[nth]) : _mm512_fmadd_ps(loaded[nth], weight, value);
      }
    }
  }

  INLINE void store(const Place &at, int first) const {
#pragma GCC unroll 2
    for (int row = 0; row < Of::rows; row++)
#pragma GCC unroll 8
      for (int each = 0; each < Of::registers; each++)
#pragma GCC unroll 8
        for (int nth = 0; nth < Of::pixels; nth++)
          _mm512_mask_storeu_ps(at.y + row * at.y_row + static_cast<size_t>(nth) * at.channels + first + each * lanes,
                                some[each], clampTo(at.clamp, values[row][each][nth]));
  }

  __mmask16 some[Of::registers];
  Vector values[Of::rows][Of::registers][Of::pixels];
};

template <bool is_max, typename Of>
INLINE void tile(const Place &at, int first) {
  Found<is_max, Of> found(at, first);
  for (int line = 0; line < at.rows + Of::rows - 1; line++)
    for (int column = 0; column < at.columns; column++)
#pragma GCC unroll 8
      for (int each = 0; each < Of::registers; each++) found.add(at, line, column, first + each * lanes, each);
  found.store(at, first);
}

/** All channels of some pixels: of few pixels several registers at a time, to hide how long a sum takes. */
template <bool is_max, typename Of>
INLINE void runFrom(const Place &at, int first) {
  constexpr int step = Of::registers * lanes;
  for (; first + step - lanes < at.channels; first += step) tile<is_max, Of>(at, first);
  if constexpr (Of::registers > 1) runFrom<is_max, Block<Of::rows, Of::pixels, Of::registers / 2>>(at, first);
}

template <bool is_max, int rows, int pixels>
void run(const Place &at) {
  runFrom<is_max, Block<rows, pixels, (pixels < 4 ? 4 / pixels : 1)>>(at, 0);
}

using Kernel = void (*)(const Place &);

template <bool is_max, int rows>
Kernel kernelOf(int pixels) {
  return pixels == 8   ? run<is_max, rows, 8>
         : pixels == 4 ? run<is_max, rows, 4>
         : pixels == 2 ? run<is_max, rows, 2>
                       : run<is_max, rows, 1>;
}

Kernel kernelOf(bool is_max, int rows, int pixels) {
  if (is_max) return rows == 1 ? kernelOf<true, 1>(pixels) : kernelOf<true, 2>(pixels);
  return rows == 1 ? kernelOf<false, 1>(pixels) : kernelOf<false, 2>(pixels);
}

/** How many of the outputs whose windows lie on the map are computed together, of so many that are left. */
int neighboursOf(int left) { return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1; }

int roundedUp(int channels) { return (channels + lanes - 1) / lanes * lanes; }

}  // namespace

Channelwise::Channelwise(const Window &window, const Map &x)
    : window_(window),
      x_(x),
      y_{x.images, window.rows(x.rows), window.columns(x.columns), x.channels},
      ahead_(x.images * x.image() > cached ? window.down : 0) {}

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
  for (int part = begin, rows; part < end; part += rows) {
    const int row = part % y_.rows;
    rows = part + 1 < end && isPair(row) ? 2 : 1;
    runRows(x + part / y_.rows * x_.image(), y + part * y_.row(), row, rows);
  }
}

/** Whether the windows of a row and of the next one are the same but for a row, and lie on the map from top to bottom. */
bool Channelwise::isPair(int row) const {
  const int top = row - window_.top;
  return window_.down == 1 && row + 1 < y_.rows && top >= 0 && top + window_.height < x_.rows;
}

void Channelwise::runRows(const float *image, float *y, int row, int count) const {
  const int packed = roundedUp(x_.channels);
  const int top = row * window_.down - window_.top;
  const Span rows = spanOf(top, window_.height, x_.rows);
  const bool is_max = packed_.empty();
  const int last = std::min(y_.columns, window_.columnsWithin(x_.columns));
  for (int column = 0, pixels; column < y_.columns; column += pixels) {
    const int left = column * window_.across - window_.left;
    pixels = left < 0 ? 1 : neighboursOf(last - column);
    const Span columns = spanOf(left, window_.width, x_.columns);
    const size_t skipped = static_cast<size_t>(rows.from) * window_.width + columns.from;
    kernelOf(is_max, count, pixels)(
        {image + x_.at(top + rows.from, left + columns.from), x_.row(), static_cast<size_t>(window_.across) * x_.channels, rows.count, columns.count, ahead_,
         is_max ? nullptr : packed_.data() + skipped * packed, static_cast<size_t>(window_.width) * packed, x_.channels,
         packed, is_max ? nullptr : shift_.data(), y + static_cast<size_t>(column) * y_.channels, y_.row(), clamp_});
  }
}

#include "avx512/end.h"
