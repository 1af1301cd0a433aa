/** The gradient of a convolution to its map: what each signal gives to its window is added to the map. It knows no TensorFlow. */
#pragma once
#include "../maps/window.h"

class InputGradient {
 public:
  /** For maps x, from signals y, the outputs of windows on x. */
  InputGradient(const Window &window, const Map &x, const Map &y)
      : window_(window), x_(x), y_(y), depth_(window.height * window.width * x.channels) {}

  /** Floats of a kernel that is packed. */
  size_t floats() const { return static_cast<size_t>(width()) * y_.channels; }
  /** Shapes  kernel [row, column, channel, filter] → packed [block, filter, values of the block] */
  void pack(const float *kernel, float *packed) const;

  /** The parts that threads may share in any way: images. */
  int parts() const { return x_.images; }
  /** In the unit of `share`. */
  double work() const { return static_cast<double>(y_.images * y_.image()) * depth_; }

  void run(const float *dy, const float *packed, int begin, int end, float *dx) const;

 private:
  int width() const;
  void multiply(const float *dy, int pixels, const float *packed, float *windows) const;
  void add(const float *values, int row, int column, float *image) const;

  Window window_;
  Map x_, y_;
  int depth_;  // values of a window
};
