/** How a convolution by windows of 3×3, which move by one, is cut into tiles of 4×4 outputs. It knows no TensorFlow. */
#pragma once
#include "../maps/window.h"

/** A tile's first output. */
struct Origin {
  int image, row, column;
};

class Tiling {
 public:
  Tiling(const Map &x, int filters, const Window &window)
      : x(x),
        y{x.images, window.rows(x.rows), window.columns(x.columns), filters},
        top(window.top),
        left(window.left),
        down_(divideUp(y.rows, 4)),
        across_(divideUp(y.columns, 4)) {}

  /** Tiles of all images. */
  int count() const { return y.images * down_ * across_; }

  Origin at(int nth) const {
    const int rest = nth % (down_ * across_);
    return {nth / (down_ * across_), rest / across_ * 4, rest % across_ * 4};
  }

  /** About where a tile begins in a map of as many images. */
  size_t near(const Map &map, int nth) const { return static_cast<size_t>(map.images) * map.image() * nth / count(); }

  /** In the unit of `share`: it takes a quarter of the multiplications, and the transforms. */
  double work() const { return 0.4 * 9 * x.channels * y.images * y.image(); }

  /** Room for what a tile reads, where that lies outside the map in part. */
  size_t copyFloats() const { return 36 * static_cast<size_t>(std::max(x.channels, y.channels)); }

  const Map x, y;
  const int top, left;  // padding

 private:
  const int down_, across_;
};

/** Pixels of a map in a square, or of a copy of it with zeros where it lies outside. */
struct Square {
  const float *corner;
  size_t row, pixel;  // floats from a row to the next, and from a pixel
};

/** The square of `size` × `size` pixels that begins at `top`, `left`; `copy` has room for it. */
inline Square squareOf(const Map &map, const float *image, int top, int left, int size, float *copy) {
  const size_t pixel = map.channels;
  const int begin = std::max(0, -left), end = std::min(size, map.columns - left);
  if (top >= 0 && top + size <= map.rows && begin == 0 && end == size)
    return {image + top * map.row() + left * pixel, map.row(), pixel};
  const size_t row = size * pixel;
  for (int nth = 0; nth < size; nth++) {
    float *to = copy + nth * row;
    const int from = top + nth;
    const bool isInside = from >= 0 && from < map.rows && begin < end;
    const float *first = isInside ? image + from * map.row() + (left + begin) * pixel : image;
    const size_t before = isInside ? begin * pixel : row;
    const size_t within = isInside ? (end - begin) * pixel : 0;
    std::fill_n(to, before, 0.0f);
    std::copy_n(first, within, to + before);
    std::fill_n(to + before + within, row - before - within, 0.0f);
  }
  return {copy, row, pixel};
}
