/** What is computed of each channel by itself: the largest value of a window, or a depthwise convolution and a clamp. */
#pragma once
#include "maps/clamp.h"
#include "maps/floats.h"
#include "maps/window.h"

class Channelwise {
 public:
  /** The largest value of each window. */
  Channelwise(const Window &window, const Map &x);

  /** Filters [row, column, channel] that never change are multiplied by `scale`, and `shift` is added, a number a channel. */
  Channelwise(const Window &window, const Map &x, Clamp clamp, const float *kernel, const float *scale,
              const float *shift);

  /** The parts that threads may share in any way: rows of all images. */
  int parts() const { return y_.images * y_.rows; }
  /** In the unit of `share`: each value is loaded for one product. */
  double work() const;
  const Map &y() const { return y_; }

  void run(const float *x, float *y, int begin, int end) const;

 private:
  bool isPair(int row) const;
  void runRows(const float *image, float *y, int row, int count) const;

  Window window_;
  /** Floats of a map that is in a cache of the second level still, from the operation before. */
  static constexpr size_t cached = 1 << 18;

  Map x_, y_;
  int ahead_;
  Clamp clamp_ = Clamp::none;
  Floats shift_, packed_;  // of whole registers; empty for a largest value
};
