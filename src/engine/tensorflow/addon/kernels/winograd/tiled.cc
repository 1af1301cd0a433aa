#include "tiled.h"

namespace {

/** Tiles below which threads share the filters: each reads all of the map, but its own part of the kernels alone. */
constexpr int fewTiles = 16;

Floats scaled(const float *kernel, const float *scale, int channels, int filters) {
  Floats product(static_cast<size_t>(9) * channels * filters);
  for (size_t nth = 0; nth < product.size(); nth++) product[nth] = kernel[nth] * scale[nth % filters];
  return product;
}

}  // namespace

TiledConvolution::TiledConvolution(const Window &window, const Map &x, int filters, Clamp clamp, const float *kernel,
                                   const float *scale, const float *shift)
    : tiling_(x, filters, window),
      packing_(x.channels, filters),
      clamp_(clamp),
      isByFilters_(tiling_.count() < fewTiles && packing_.blocks() > 1),
      shift_(shift, shift + filters),
      packed_(packing_.floats()) {
  packing_.pack(scaled(kernel, scale, x.channels, filters).data(), false, 0, packing_.rows(), packed_.data());
}

int TiledConvolution::parts() const { return isByFilters_ ? packing_.blocks() : tiling_.count(); }

void TiledConvolution::run(const float *x, const float *side, float *y, int begin, int end) const {
  const Range some{begin, end}, tiles{0, tiling_.count()}, blocks{0, packing_.blocks()};
  convolve(tiling_, packing_, x, packed_.data(), isByFilters_ ? tiles : some, isByFilters_ ? some : blocks,
           {shift_.data(), side, clamp_}, y);
}
