/** Kernels of 3×3, transformed and packed: at each of a tile's points a matrix [depth, filters]. */
#pragma once
#include <cstddef>

class Packing {
 public:
  Packing(int depth, int filters);

  /** Rows of a matrix, which are packed one by one. */
  int rows() const { return rows_; }
  size_t place() const { return place_; }
  /** Blocks of filters. */
  int blocks() const;
  size_t floats() const;

  /** Some rows, of a kernel [3, 3, depth, filters]; with `turned` of [3, 3, filters, depth], turned by half a turn. */
  void pack(const float *kernel, bool turned, int begin, int end, float *packed) const;

 private:
  const int depth_, filters_, rows_;
  const size_t place_;
};
