/** A convolution whose filters never change, with what follows it: a bias, a sum with another map, and a clamp. */
#pragma once
#include <vector>
#include "clamp.h"
#include "window.h"

/** Whether this processor runs the kernels. */
bool hasKernels();

class Convolution {
 public:
  /** Filters [row, column, channel, filter] are multiplied by `scale`, and `shift` is added; both have a number a filter. */
  Convolution(const Window &window, const Map &x, int filters, Clamp clamp, const float *kernel, const float *scale,
              const float *shift);

  /** The parts that threads may share in any way. */
  int parts() const { return static_cast<int>(tiles_.size() * blocks_.size()); }
  double macs() const;
  const Map &y() const { return y_; }

  /** Computes some of the parts; `side`, which is added, may be null. */
  void run(const float *x, const float *side, float *y, int begin, int end) const;

 private:
  /** Filters that are computed together: `width` registers of them. */
  struct Block {
    int first, width;
    size_t packed;
  };

  void divide(int widest);
  void pack(const float *kernel, const float *scale, const float *shift);
  void runTile(const Block &block, const Tile &tile, const Source &source, const float *side, float *y) const;

  Window window_;
  Map x_, y_;
  Clamp clamp_;
  std::vector<Tile> tiles_;
  std::vector<Block> blocks_;
  std::vector<float> packed_;
};
