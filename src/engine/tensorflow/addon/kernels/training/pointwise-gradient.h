/** The gradient of a pointwise convolution to its kernel. It knows no TensorFlow. */
#pragma once
#include <algorithm>
#include "../maps/window.h"

class PointwiseGradient {
 public:
  PointwiseGradient(const Map &x, int filters)
      : pixels_(x.images * x.rows * x.columns),
        channels_(x.channels),
        filters_(filters),
        chunk_(std::clamp(cached / (channels_ + filters_), 64, 256)) {}

  /** The parts that threads may share in any way: some pixels each. */
  int parts() const { return divideUp(pixels_, chunk_); }
  /** In the unit of `share`. */
  double work() const { return static_cast<double>(pixels_) * channels_ * filters_; }

  /** The sum over some parts of x times signals. Shapes  x [pixel, channel], dy [pixel, filter] → dk [channel, filter] */
  void run(const float *x, const float *dy, int begin, int end, float *dk) const;

 private:
  /** Floats of x and signals that stay in the nearest cache. */
  static constexpr int cached = 1 << 13;

  /** Some pixels; `next` more lie behind them. */
  struct Chunk {
    const float *x, *dy;
    int pixels, next;
  };

  void add(const Chunk &chunk, float *dk) const;

  int pixels_, channels_, filters_, chunk_;
};
