/**
 * How maps, signals and kernels lie in memory once they are transformed: what one transform writes is near together. To
 * be included after `<immintrin.h>` and `avx512/begin.h`.
 */
#pragma once
#include <algorithm>
#include <cstddef>
#include "../maps/floats.h"
#include "../avx512/tile.h"
#include "../avx512/fetch.h"
#include "tiling.h"
#include "transforms.h"

namespace {

/** Channels in groups of equal length, sixteen at most: [group][tile][place][sixteen]. */
struct Groups {
  explicit Groups(int channels) : count(divideUp(channels, lanes)), length(divideUp(channels, count)) {}

  /** Those of all groups; a few more than there are. */
  int channels() const { return count * length; }

  const int count, length;
};

/** Floats from a tile to the next in a group. */
constexpr size_t tileFloats = static_cast<size_t>(places) * lanes;

/** Filters in blocks of two registers, the last of one where that is enough: [block][line][filters of the block]. */
struct Blocks {
  explicit Blocks(int filters) : count(divideUp(filters, breadth)), filters(filters) {}

  /** Registers of a block. */
  int width(int block) const { return filters - block * breadth > lanes ? 2 : 1; }

  /** Where sixteen filters of a line begin, in blocks of so many lines. */
  size_t at(int filter, size_t line, size_t lines) const {
    const int block = filter / breadth;
    return block * breadth * lines + line * width(block) * lanes + filter % breadth;
  }

  size_t floats(size_t lines) const { return divideUp(filters, lanes) * lanes * lines; }

  const int count, filters;
};

/** From one place's matrix to the next: a cache line more than it takes, lest all compete for the same few lines. */
inline size_t apart(size_t floats) { return floats + lanes; }

/** Memory that a thread uses again and again. */
inline float *reserve(size_t floats) {
  static thread_local Floats memory;
  if (memory.size() < floats) memory.resize(floats);
  return memory.data();
}

/** Tiles that are transformed at a time, so that all of them stay in a cache of the second level. */
inline int tilesAtOnce(int channels, int filters) {
  constexpr int most = 256 * 1024 / sizeof(float) / places;
  return std::clamp(most / (channels + filters) / 12 * 12, 12, 96);
}

/** The values of a map at a tile's points, of channels from `first` on. Shapes  → d [group][tiles][place][sixteen] */
INLINE void transformMap(const Square &square, int first, int channels, const Groups &groups, int tiles, float *d) {
  for (int group = 0; group < groups.count; group++) {
    const int nth = group * groups.length;
    const __mmask16 some = lanesOf(std::min(groups.length, channels - nth));
    const float *from = square.corner + first + nth;
    float *to = d + group * tiles * tileFloats;
    transform<points, points, mapAxis>(
        [&](int row, int column) {
          return _mm512_maskz_loadu_ps(some, from + row * square.row + column * square.pixel);
        },
        [&](int row, int column, Vector value) { _mm512_storeu_ps(to + (row * points + column) * lanes, value); });
  }
}

/** The tiles that are computed after others. */
struct Next {
  int first, last;

  INLINE void fetchFrom(const Tiling &tiling, const Map &map, const float *floats, int place) const {
    fetch(floats + tiling.near(map, first), floats + tiling.near(map, last), place, places);
  }
};

/** What a tile reads of the map. */
inline Square windowsOf(const Tiling &tiling, const Origin &tile, const float *x, float *copy) {
  return squareOf(tiling.x, x + tile.image * tiling.x.image(), tile.row - tiling.top, tile.column - tiling.left, points,
                  copy);
}

}  // namespace
