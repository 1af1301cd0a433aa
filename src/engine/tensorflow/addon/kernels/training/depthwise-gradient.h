/** The gradient of a depthwise convolution to its kernel. It knows no TensorFlow. */
#pragma once
#include "../maps/window.h"

class DepthwiseGradient {
 public:
  /** The widest kernel whose sums stay in registers. */
  static constexpr int widest = 8;

  /** For signals y, the outputs of windows on x. */
  DepthwiseGradient(const Window &window, const Map &x, const Map &y) : window_(window), x_(x), y_(y) {}

  /** The parts that threads may share in any way: images. */
  int parts() const { return y_.images; }
  /** In the unit of `share`: each value is loaded for one product. */
  double work() const { return 8.0 * y_.images * y_.image() * window_.height * window_.width; }

  /** For each value of a window, the sum over some images of it times the signals. Shapes  → dk [row, column, channel] */
  void run(const float *x, const float *dy, int begin, int end, float *dk) const;

 private:
  void addRow(const float *image, const float *dy, int row, float *dk) const;

  Window window_;
  Map x_, y_;
};
