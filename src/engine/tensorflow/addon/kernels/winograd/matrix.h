/**
 * Matrices for the products at a tile's points, in blocks of columns of one or two registers. To be included after
 * `<immintrin.h>` and `avx512-begin.h`.
 */
#pragma once
#include <algorithm>
#include <vector>
#include "../tile.h"

namespace {

/** Columns of a block. */
constexpr int breadth = 2 * lanes;

inline int roundUp(int count, int to) { return (count + to - 1) / to * to; }

/** Registers of the block that begins at a column. */
inline int widthAt(int column, int columns) { return columns - column > lanes ? 2 : 1; }

/** Where sixteen columns of a row begin, in a matrix of blocks one after another: each [row][columns of the block]. */
INLINE size_t blocked(int row, int column, int rows, int columns) {
  const int block = column / breadth * breadth, width = widthAt(block, columns) * lanes;
  return static_cast<size_t>(rows) * block + static_cast<size_t>(row) * width + column % breadth;
}

/** Floats from one point's matrix to the next: a cache line more, lest all compete for the same few lines. */
inline size_t apart(size_t floats) { return floats + lanes; }

/** A factor of a product: its rows may lie as columns do. */
struct Factor {
  const float *floats;
  size_t row, column;
};

/** c = a b, or c += a b with `isAdded`. Shapes  a [rows, depth], b [depth, columns] in blocks → c [rows, columns to sixteen] */
INLINE void multiply(const Factor &a, int rows, int depth, const float *b, int columns, float *c, bool isAdded) {
  static const float zeros[breadth] = {};
  const int whole = roundUp(columns, lanes);
  for (int column = 0; column < columns; column += breadth) {
    const int width = widthAt(column, columns);
    const float *block = b + static_cast<size_t>(depth) * column;
    for (int row = 0; row < rows; row += 12) {
      float *out = c + static_cast<size_t>(row) * whole + column;
      const bool isRun = a.column == 1;
      kernelOf(std::min(12, rows - row), width)(
          {a.floats + row * a.row, a.row, a.column, isRun ? 1 : depth, isRun ? depth : 1, zeros, block,
           isAdded ? out : nullptr, out, whole, width * lanes},
          Clamp::none);
    }
  }
}

}  // namespace
