#include "window.h"

#include "floats.h"

namespace {

/** Floats that may be read behind a map: kernels read whole vectors. */
constexpr int slack = 16;

/** Memory that a thread uses again and again. */
thread_local Floats scratch;

void copyRow(const Map &x, const Window &window, const float *image, int from, float *to, float padding) {
  const size_t left = static_cast<size_t>(window.left) * x.channels;
  const size_t right = static_cast<size_t>(window.right) * x.channels;
  if (from < 0 || from >= x.rows) {
    std::fill_n(to, left + x.row() + right, padding);
    return;
  }
  std::fill_n(to, left, padding);
  std::copy_n(image + from * x.row(), x.row(), to + left);
  std::fill_n(to + left + x.row(), right, padding);
}

}  // namespace

Source::Source(const Map &x, const Window &window, const float *map, const Tile &begin, const Tile &end,
               float padding)
    : window_(window), channels_(x.channels), row_(x.row()), image_floats_(x.image()), floats_(map) {
  if (window.isPadded()) copy(x, map, begin, end, padding);
}

void Source::copy(const Map &x, const float *map, const Tile &begin, const Tile &end, float padding) {
  const bool isOne = begin.image == end.image;
  image_ = begin.image;
  first_ = isOne ? begin.row : 0;
  const int last = isOne ? end.row : window_.rows(x.rows) - 1;
  const int count = (last - first_) * window_.down + window_.height, from = first_ * window_.down - window_.top;
  row_ = static_cast<size_t>(x.columns + window_.left + window_.right) * x.channels;
  image_floats_ = count * row_;
  scratch.resize((end.image - begin.image + 1) * image_floats_ + slack);
  for (int image = begin.image; image <= end.image; image++)
    for (int nth = 0; nth < count; nth++)
      copyRow(x, window_, map + image * x.image(), from + nth,
              scratch.data() + (image - begin.image) * image_floats_ + nth * row_, padding);
  floats_ = scratch.data();
}
