/** A convolution by filters of 3×3 that never change, in tiles, with what follows it. */
#pragma once
#include "../maps/floats.h"
#include "../inference/product.h"
#include "convolve.h"

class TiledConvolution : public Product {
 public:
  /** Filters [3, 3, channel, filter] are multiplied by `scale`, and `shift` is added; both have a number a filter. */
  TiledConvolution(const Window &window, const Map &x, int filters, Clamp clamp, const float *kernel,
                   const float *scale, const float *shift);

  int parts() const override;
  double work() const override { return tiling_.work(); }
  const Map &y() const override { return tiling_.y; }
  void run(const float *x, const float *side, float *y, int begin, int end) const override;

 private:
  const Tiling tiling_;
  const Packing packing_;
  const Clamp clamp_;
  const bool isByFilters_;
  Floats shift_, packed_;
};
