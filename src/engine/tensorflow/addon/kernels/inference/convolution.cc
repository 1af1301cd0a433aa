#include "convolution.h"

#include <immintrin.h>

#include "../avx512/begin.h"
#include "../avx512/tile.h"

namespace {

/** All pixels in one row, where the window is a pixel. */
Map flat(const Map &map) { return {1, 1, map.images * map.rows * map.columns, map.channels}; }

}  // namespace

Convolution::Convolution(const Window &window, const Map &x, int filters, Clamp clamp, const float *kernel,
                         const float *scale, const float *shift)
    : window_(window), x_(window.isPoint() ? flat(x) : x), clamp_(clamp) {
  y_ = {x_.images, window.rows(x_.rows), window.columns(x_.columns), filters};
  const bool isWide = y_.columns <= 6 && filters > 2 * lanes;
  tiles_ = tilesOf(y_, isWide ? 6 : mostPixels);
  divide(isWide ? 4 : 2);
  pack(kernel, scale, shift);
  is_by_pixels_ = x_.images * x_.image() + y_.images * y_.image() > packed_.size();
}

double Convolution::work() const {
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

/** Threads share pixels, or filters where these are more to read. */
void Convolution::run(const float *x, const float *side, float *y, int begin, int end) const {
  const int tiles = static_cast<int>(tiles_.size()), blocks = static_cast<int>(blocks_.size());
  if (is_by_pixels_) return runTiles(x, side, y, {begin, end}, {0, blocks});
  for (int part = begin, count; part < end; part += count) {
    const int block = part / tiles, first = part % tiles;
    count = std::min(tiles - first, end - part);
    runTiles(x, side, y, {first, first + count}, {block, block + 1});
  }
}

void Convolution::runTiles(const float *x, const float *side, float *y, const Range &tiles, const Range &blocks) const {
  const Source source(x_, window_, x, tiles_[tiles.begin], tiles_[tiles.end - 1], 0.0f);
  for (int block = blocks.begin; block < blocks.end; block++)
    for (int tile = tiles.begin; tile < tiles.end; tile++) runTile(blocks_[block], tiles_[tile], source, side, y);
}

void Convolution::runTile(const Block &block, const Tile &tile, const Source &source, const float *side,
                          float *y) const {
  const size_t to = tile.image * y_.image() + tile.row * y_.row() + tile.column * y_.channels + block.first;
  const float *bias = packed_.data() + block.packed;
  const Place place{source.at(tile.image, tile.row, tile.column),
                    static_cast<size_t>(window_.across) * x_.channels,
                    source.row(),
                    window_.height,
                    window_.width * x_.channels,
                    bias,
                    bias + block.width * lanes,
                    static_cast<size_t>(block.width) * lanes,
                    side == nullptr ? nullptr : side + to,
                    y + to,
                    static_cast<size_t>(y_.channels),
                    y_.channels - block.first};
  kernelOf(tile.pixels, block.width)(place, clamp_);
}

#include "../avx512/end.h"
