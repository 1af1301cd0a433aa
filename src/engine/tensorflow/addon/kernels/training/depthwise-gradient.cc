#include "depthwise-gradient.h"

#include <immintrin.h>
#include <utility>

#include "../avx512/begin.h"
#include "../avx512/vector.h"
#include "../avx512/fetch.h"

namespace {

/** A row of signals, and the rows of the map that lie under some rows of their windows. */
struct Line {
  const float *x;
  size_t row, pixel;  // floats to the map's next row, and to the next signal's window
  const float *dy;
  int signals, channels;
  float *sums;
  size_t sums_row;                // floats to the next row of the kernel
  const float *below, *dy_below;  // what is read of the map's and of the signals' next row
  int ahead;                      // rows of the map that are fetched; none: the signals are not either
};

/** The sums of `rows` rows of a kernel stay in registers while all signals of a row are read. */
template <int rows, int width>
void addLine(const Line &at) {
  const size_t channels = at.channels;
  for (size_t first = 0; first < channels; first += lanes) {
    const __mmask16 some = lanesOf(static_cast<int>(channels - first));
    Vector sums[rows][width];
#pragma GCC unroll 8
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 8
      for (int tap = 0; tap < width; tap++)
        sums[row][tap] = _mm512_maskz_loadu_ps(some, at.sums + row * at.sums_row + tap * channels + first);
    const float *x = at.x + first, *dy = at.dy + first;
    for (int nth = 0; nth < at.signals; nth++, x += at.pixel, dy += channels) {
      const Vector signal = _mm512_maskz_loadu_ps(some, dy);
      fetchBelow(at.below + nth * at.pixel + first, at.row, at.ahead, at.pixel, channels);
      fetchBelow(at.dy_below + nth * channels + first, 0, at.ahead > 0, channels, channels);
#pragma GCC unroll 8
      for (int row = 0; row < rows; row++)
#pragma GCC unroll 8
        for (int tap = 0; tap < width; tap++) {
          const Vector value = _mm512_maskz_loadu_ps(some, x + row * at.row + tap * channels);
          sums[row][tap] = _mm512_fmadd_ps(value, signal, sums[row][tap]);
        }
    }
#pragma GCC unroll 8
    for (int row = 0; row < rows; row++)
#pragma GCC unroll 8
      for (int tap = 0; tap < width; tap++)
        _mm512_mask_storeu_ps(at.sums + row * at.sums_row + tap * channels + first, some, sums[row][tap]);
  }
}

using Kernel = void (*)(const Line &);

/** Sums that hide how long an addition takes, and that registers hold. */
constexpr int rowsOf(int width) { return width <= 3 ? 3 : width <= 6 ? 2 : 1; }

template <int... nth>
constexpr Kernel kernelOf(int width, bool is_single, std::integer_sequence<int, nth...>) {
  constexpr Kernel single[] = {addLine<1, nth + 1>...}, several[] = {addLine<rowsOf(nth + 1), nth + 1>...};
  return (is_single ? single : several)[width - 1];
}

Kernel kernelOf(int width, bool is_single) {
  return kernelOf(width, is_single, std::make_integer_sequence<int, DepthwiseGradient::widest>());
}

/** Adds one window: each sum is read and written once, in memory. */
void addWindow(const Line &at, int rows, int width) {
  const size_t channels = at.channels;
  for (size_t first = 0; first < channels; first += lanes) {
    const __mmask16 some = lanesOf(static_cast<int>(channels - first));
    const Vector signal = _mm512_maskz_loadu_ps(some, at.dy + first);
    for (int row = 0; row < rows; row++)
      for (int tap = 0; tap < width; tap++) {
        float *sum = at.sums + row * at.sums_row + tap * channels + first;
        const Vector value = _mm512_maskz_loadu_ps(some, at.x + row * at.row + tap * channels + first);
        _mm512_mask_storeu_ps(sum, some, _mm512_fmadd_ps(value, signal, _mm512_maskz_loadu_ps(some, sum)));
      }
  }
}

/** Adds some rows of windows, as many at a time as registers hold; what follows is fetched with the first. */
void addWindows(const Line &line, int rows, int width) {
  Line at = line;
  for (int left = rows, several; left > 0; left -= several) {
    several = left < rowsOf(width) ? 1 : rowsOf(width);
    kernelOf(width, several == 1)(at);
    at.x += several * at.row;
    at.sums += several * at.sums_row;
    at.ahead = 0;
  }
}

}  // namespace

void DepthwiseGradient::run(const float *x, const float *dy, int begin, int end, float *dk) const {
  std::fill_n(dk, static_cast<size_t>(window_.height) * window_.width * x_.channels, 0.0f);
  for (int image = begin; image < end; image++)
    for (int row = 0; row < y_.rows; row++)
      addRow(x + image * x_.image(), dy + image * y_.image() + row * y_.row(), row, dk);
}

/** Windows that lie across the map are added together, others one by one. */
void DepthwiseGradient::addRow(const float *image, const float *dy, int row, float *dk) const {
  const size_t channels = x_.channels, line = window_.width * channels;
  const int top = row * window_.down - window_.top;
  const Span rows = spanOf(top, window_.height, x_.rows);
  const int last = std::min(y_.columns, window_.columnsWithin(x_.columns));
  for (int column = 0, signals; column < y_.columns; column += signals) {
    const int left = column * window_.across - window_.left;
    const Span columns = spanOf(left, window_.width, x_.columns);
    signals = left < 0 ? 1 : std::max(1, last - column);
    const Line at{image + x_.at(top + rows.from, left + columns.from),
                  x_.row(),
                  window_.across * channels,
                  dy + column * channels,
                  signals,
                  x_.channels,
                  dk + rows.from * line + columns.from * channels,
                  line,
                  image + x_.at(std::min(x_.rows - 1, top + window_.height), left + columns.from),
                  dy + y_.row() + column * channels,
                  window_.down};
    (signals == 1 ? addWindow : addWindows)(at, rows.count, columns.count);
  }
}

#include "../avx512/end.h"
