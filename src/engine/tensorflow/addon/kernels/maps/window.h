/** How a window slides over maps [image, row, column, channel] with padding around them. It knows no TensorFlow. */
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>
#include "count.h"

struct Window {
  int height, width;
  int down, across;  // strides
  int top, bottom, left, right;

  bool isPadded() const { return top + bottom + left + right > 0; }
  /** Whether it is a pixel, and each pixel has one. */
  bool isPoint() const { return height * width == 1 && down * across == 1 && !isPadded(); }
  int rows(int of) const { return (of + top + bottom - height) / down + 1; }
  int columns(int of) const { return (of + left + right - width) / across + 1; }
  /** The columns of outputs whose windows end on a map of so many; behind it, too, where there is no padding. */
  int columnsWithin(int of) const { return (of + left - width) / across + 1; }
};

/** The part of a window that lies on one side of a map: from which of its rows or columns, and how many. */
struct Span {
  int from, count;
};

inline Span spanOf(int start, int size, int side) {
  const int from = std::max(0, -start);
  return {from, std::max(0, std::min(size, side - start) - from)};
}

/** The sizes of a map. */
struct Map {
  int images, rows, columns, channels;

  size_t row() const { return static_cast<size_t>(columns) * channels; }
  /** Floats from an image's first to those of a pixel, which may lie outside. */
  ptrdiff_t at(int row, int column) const { return (static_cast<ptrdiff_t>(row) * columns + column) * channels; }
  size_t image() const { return rows * row(); }
};

/** Some neighbours in a row of outputs, which are computed together. */
struct Tile {
  int image, row, column, pixels;
};

/** Cuts all rows of a map into tiles of nearly equal size, of `most` pixels at most. */
inline std::vector<Tile> tilesOf(const Map &y, int most) {
  const int count = divideUp(y.columns, most);
  std::vector<Tile> tiles;
  for (int image = 0; image < y.images; image++)
    for (int row = 0; row < y.rows; row++)
      for (int nth = 0; nth < count; nth++) {
        const int from = shareOf(y.columns, nth, count);
        tiles.push_back({image, row, from, shareOf(y.columns, nth + 1, count) - from});
      }
  return tiles;
}

/** Where the windows of outputs begin in a map, or in a copy of it with padding. */
class Source {
 public:
  /** `begin` to `end`: the tiles whose windows are looked for; `padding`: the value around the map. */
  Source(const Map &x, const Window &window, const float *map, const Tile &begin, const Tile &end, float padding);

  size_t row() const { return row_; }

  const float *at(int image, int row, int column) const {
    return floats_ + (image - image_) * image_floats_ + static_cast<size_t>(row - first_) * window_.down * row_ +
           static_cast<size_t>(column) * window_.across * channels_;
  }

 private:
  void copy(const Map &x, const float *map, const Tile &begin, const Tile &end, float padding);

  Window window_;
  int channels_, image_ = 0, first_ = 0;
  size_t row_, image_floats_;
  const float *floats_;
};
