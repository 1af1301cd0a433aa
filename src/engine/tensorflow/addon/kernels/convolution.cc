#include "convolution.h"

#include <immintrin.h>

bool hasKernels() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

#include "avx512-begin.h"
#include "vector.h"

namespace {

/** What a tile reads and writes. */
struct Place {
  const float *x;
  size_t pixel;   // floats from a pixel's window to the next one's
  size_t row;     // floats from a run of the window to the next
  int runs, length;
  const float *packed;  // a bias, and then for each float of the window a weight, for each filter of the block
  const float *side;
  float *y;
  int filters;  // of the whole map
  int left;     // those from the block's first on
};

template <int width>
INLINE void finish(const Place &at, Vector *sums, size_t offset, Clamp clamp) {
#pragma GCC unroll 4
  for (int nth = 0; nth < width; nth++) {
    const __mmask16 some = lanesOf(at.left - nth * lanes);
    const size_t to = offset + nth * lanes;
    Vector value = sums[nth];
    if (at.side != nullptr) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(some, at.side + to));
    _mm512_mask_storeu_ps(at.y + to, some, clampTo(clamp, value));
  }
}

/** Pixels in threes: x86 adds a register once or twice to an address. */
template <int pixels, int width>
INLINE void tile(const Place &at, Clamp clamp) {
  constexpr int threes = (pixels + 2) / 3;
  Vector sums[pixels][width];
#pragma GCC unroll 16
  for (int pixel = 0; pixel < pixels; pixel++)
#pragma GCC unroll 4
    for (int nth = 0; nth < width; nth++) sums[pixel][nth] = _mm512_loadu_ps(at.packed + nth * lanes);
  const float *weights = at.packed + width * lanes;
  const size_t stride = at.pixel;
  for (int run = 0; run < at.runs; run++) {
    const float *from[threes];
#pragma GCC unroll 4
    for (int three = 0; three < threes; three++) from[three] = at.x + run * at.row + 3 * three * stride;
    for (int k = 0; k < at.length; k++) {
      Vector weight[width];
#pragma GCC unroll 4
      for (int nth = 0; nth < width; nth++) weight[nth] = _mm512_loadu_ps(weights + nth * lanes);
      weights += width * lanes;
#pragma GCC unroll 16
      for (int pixel = 0; pixel < pixels; pixel++) {
        const Vector input = _mm512_set1_ps(from[pixel / 3][pixel % 3 * stride + k]);
#pragma GCC unroll 4
        for (int nth = 0; nth < width; nth++) sums[pixel][nth] = _mm512_fmadd_ps(input, weight[nth], sums[pixel][nth]);
      }
    }
  }
#pragma GCC unroll 16
  for (int pixel = 0; pixel < pixels; pixel++)
    finish<width>(at, sums[pixel], static_cast<size_t>(pixel) * at.filters, clamp);
}

using Kernel = void (*)(const Place &, Clamp);

template <int pixels, int width>
void run(const Place &at, Clamp clamp) { tile<pixels, width>(at, clamp); }

constexpr Kernel narrow[] = {run<1, 1>, run<2, 1>, run<3, 1>, run<4, 1>,  run<5, 1>,  run<6, 1>,
                             run<7, 1>, run<8, 1>, run<9, 1>, run<10, 1>, run<11, 1>, run<12, 1>};
constexpr Kernel middle[] = {run<1, 2>, run<2, 2>, run<3, 2>, run<4, 2>,  run<5, 2>,  run<6, 2>,
                             run<7, 2>, run<8, 2>, run<9, 2>, run<10, 2>, run<11, 2>, run<12, 2>};
constexpr Kernel wide[] = {run<1, 4>, run<2, 4>, run<3, 4>, run<4, 4>, run<5, 4>, run<6, 4>};

Kernel kernelOf(int pixels, int width) { return (width == 1 ? narrow : width == 2 ? middle : wide)[pixels - 1]; }

/** Whether the window is a pixel, so that all of an image is one row. */
bool isPoint(const Window &window) {
  return window.height * window.width == 1 && window.down * window.across == 1 && !window.isPadded();
}

Map flat(const Map &map) { return {1, 1, map.images * map.rows * map.columns, map.channels}; }

}  // namespace

Convolution::Convolution(const Window &window, const Map &x, int filters, Clamp clamp, const float *kernel,
                         const float *scale, const float *shift)
    : window_(window), x_(isPoint(window) ? flat(x) : x), clamp_(clamp) {
  y_ = {x_.images, window.rows(x_.rows), window.columns(x_.columns), filters};
  const bool isWide = y_.columns <= 6 && filters > 2 * lanes;
  tiles_ = tilesOf(y_, isWide ? 6 : 12);
  divide(isWide ? 4 : 2);
  pack(kernel, scale, shift);
}

double Convolution::macs() const {
  return static_cast<double>(y_.images * y_.image()) * window_.height * window_.width * x_.channels;
}

void Convolution::divide(int widest) {
  const size_t depth = static_cast<size_t>(window_.height) * window_.width * x_.channels + 1;
  size_t packed = 0;
  int width = widest;
  for (int first = 0; first < y_.channels; first += width * lanes) {
    while (width > 1 && y_.channels - first <= width / 2 * lanes) width /= 2;
    blocks_.push_back({first, width, packed});
    packed += depth * width * lanes;
  }
  packed_.assign(packed, 0.0f);
}

void Convolution::pack(const float *kernel, const float *scale, const float *shift) {
  const int depth = window_.height * window_.width * x_.channels;
  for (const Block &block : blocks_) {
    const int count = std::min(block.width * lanes, y_.channels - block.first);
    float *to = packed_.data() + block.packed;
    std::copy_n(shift + block.first, count, to);
    for (int k = 0; k < depth; k++)
      for (int nth = 0; nth < count; nth++)
        to[(k + 1) * block.width * lanes + nth] =
            kernel[static_cast<size_t>(k) * y_.channels + block.first + nth] * scale[block.first + nth];
  }
}

void Convolution::run(const float *x, const float *side, float *y, int begin, int end) const {
  const int tiles = static_cast<int>(tiles_.size());
  const bool isWithin = begin / tiles == (end - 1) / tiles;
  const Source source(x_, window_, x, isWithin ? tiles_[begin % tiles] : tiles_.front(),
                      isWithin ? tiles_[(end - 1) % tiles] : tiles_.back(), 0.0f);
  for (int part = begin; part < end; part++) runTile(blocks_[part / tiles], tiles_[part % tiles], source, side, y);
}

void Convolution::runTile(const Block &block, const Tile &tile, const Source &source, const float *side,
                          float *y) const {
  const size_t to = tile.image * y_.image() + tile.row * y_.row() + tile.column * y_.channels + block.first;
  const Place place{source.at(tile.image, tile.row, tile.column),
                    static_cast<size_t>(window_.across) * x_.channels,
                    source.row(),
                    window_.height,
                    window_.width * x_.channels,
                    packed_.data() + block.packed,
                    side == nullptr ? nullptr : side + to,
                    y + to,
                    y_.channels,
                    y_.channels - block.first};
  kernelOf(tile.pixels, block.width)(place, clamp_);
}

#include "avx512-end.h"
