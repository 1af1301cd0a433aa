#include "input-gradient.h"

#include <immintrin.h>

#include "../maps/floats.h"

#include "../avx512/begin.h"
#include "../avx512/tile.h"

namespace {

/** Memory that a thread uses again and again. */
thread_local Floats scratch;

INLINE void addTo(const float *from, int count, float *to) {
  for (int nth = 0; nth < count; nth += lanes) {
    const __mmask16 some = lanesOf(count - nth);
    const Vector sum = _mm512_add_ps(_mm512_maskz_loadu_ps(some, to + nth), _mm512_maskz_loadu_ps(some, from + nth));
    _mm512_mask_storeu_ps(to + nth, some, sum);
  }
}

}  // namespace

/** Values of a window in whole blocks. */
int InputGradient::width() const { return divideUp(depth_, breadth) * breadth; }

void InputGradient::pack(const float *kernel, float *packed) const {
  const int filters = y_.channels;
  for (int first = 0; first < depth_; first += breadth)
    for (int filter = 0; filter < filters; filter++, packed += breadth)
      for (int nth = 0; nth < breadth; nth++)
        packed[nth] = first + nth < depth_ ? kernel[static_cast<size_t>(first + nth) * filters + filter] : 0.0f;
}

void InputGradient::run(const float *dy, const float *packed, int begin, int end, float *dx) const {
  const int tiles = divideUp(y_.columns, mostPixels);
  scratch.resize(static_cast<size_t>(mostPixels) * width());
  std::fill_n(dx + begin * x_.image(), (end - begin) * x_.image(), 0.0f);
  for (int image = begin; image < end; image++)
    for (int row = 0; row < y_.rows; row++)
      for (int tile = 0; tile < tiles; tile++) {
        const int from = shareOf(y_.columns, tile, tiles), to = shareOf(y_.columns, tile + 1, tiles);
        const size_t first = image * y_.image() + row * y_.row() + static_cast<size_t>(from) * y_.channels;
        multiply(dy + first, to - from, packed, scratch.data());
        for (int column = from; column < to; column++)
          add(scratch.data() + static_cast<size_t>(column - from) * width(), row, column, dx + image * x_.image());
      }
}

/** What some pixels give to their windows. Shapes  → windows [pixel, value] */
void InputGradient::multiply(const float *dy, int pixels, const float *packed, float *windows) const {
  const size_t filters = y_.channels, apart = width();
  for (int first = 0; first < depth_; first += breadth, packed += filters * breadth)
    kernelOf(pixels, 2)(
        {dy, filters, 0, 1, y_.channels, zeros, packed, breadth, nullptr, windows + first, apart, breadth},
        Clamp::none);
}

/** Adds the part of a window that lies on the map. */
void InputGradient::add(const float *values, int row, int column, float *image) const {
  const int top = row * window_.down - window_.top, left = column * window_.across - window_.left;
  const Span rows = spanOf(top, window_.height, x_.rows), columns = spanOf(left, window_.width, x_.columns);
  const ptrdiff_t channels = x_.channels, line = window_.width * channels;
  for (int nth = rows.from; nth < rows.from + rows.count; nth++)
    addTo(values + nth * line + columns.from * channels, columns.count * x_.channels,
          image + x_.at(top + nth, left + columns.from));
}

#include "../avx512/end.h"
