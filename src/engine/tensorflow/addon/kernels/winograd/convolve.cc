#include "convolve.h"

#include <immintrin.h>

#include "../avx512/begin.h"
#include "layout.h"

namespace {

/**
 * The products of tiles with some blocks at a place.
 *
 * Shapes  d [group][tile][place][sixteen] → m [block][tile][place][filters]
 */
void multiply(const Groups &groups, const Blocks &blocks, Range some, int tiles, int place, const float *d,
              const float *packed, float *m) {
  constexpr int most = 12;
  for (int block = some.begin; block < some.end; block++) {
    const int width = blocks.width(block), filter = block * breadth;
    const size_t step = width * lanes, lines = static_cast<size_t>(tiles) * places;
    for (int first = 0; first < tiles; first += most)
      kernelOf(std::min(most, tiles - first), width)(
          {d + first * tileFloats + place * lanes, tileFloats, tiles * tileFloats, groups.count, groups.length, zeros,
           packed + blocks.at(filter, 0, groups.channels()), step, nullptr,
           m + blocks.at(filter, first * places + place, lines), places * step, width * lanes},
          Clamp::none);
  }
}

/** Where a tile's outputs begin, and how many rows and columns of them there are. */
struct Corner {
  size_t at;
  int rows, columns;
};

Corner cornerOf(const Map &map, const Origin &tile) {
  return {tile.image * map.image() + tile.row * map.row() + static_cast<size_t>(tile.column) * map.channels,
          map.rows - tile.row, map.columns - tile.column};
}

/** Sixteen filters, `filter` and those behind it, of a tile's outputs from the values at its points. */
template <int width>
INLINE void transformOutputs(const float *m, const Map &map, const Corner &corner, int filter, const Epilogue &epilogue,
                             float *y) {
  const __mmask16 some = lanesOf(map.channels - filter);
  const bool isWhole = corner.rows >= side && corner.columns >= side;
  const size_t line = map.row(), pixel = map.channels, first = corner.at + filter;
  const float *const shift = epilogue.shift, *const added = epilogue.side;
  const Clamp clamp = epilogue.clamp;
  const Vector constant = shift == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(some, shift + filter);
  transform<points, side, outputAxis>(
      [&](int row, int column) { return _mm512_loadu_ps(m + (row * points + column) * width * lanes); },
      [&](int row, int column, Vector sum) {
        if (!isWhole && (row >= corner.rows || column >= corner.columns)) return;
        const size_t at = first + row * line + column * pixel;
        Vector value = _mm512_add_ps(sum, constant);
        if (added != nullptr) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(some, added + at));
        _mm512_mask_storeu_ps(y + at, some, clampTo(clamp, value));
      });
}

/** The outputs of tiles, of the filters in some blocks. Shapes  m [block][tile][place][filters] → y */
void finishTiles(const Tiling &tiling, const Blocks &blocks, Range some, Range tiles, const float *m,
                 const Epilogue &epilogue, float *y) {
  const size_t lines = static_cast<size_t>(tiles.end - tiles.begin) * places;
  const int end = std::min(some.end * breadth, tiling.y.channels);
  for (int nth = tiles.begin; nth < tiles.end; nth++) {
    const Corner corner = cornerOf(tiling.y, tiling.at(nth));
    for (int filter = some.begin * breadth; filter < end; filter += lanes) {
      const float *from = m + blocks.at(filter, (nth - tiles.begin) * places, lines);
      if (blocks.width(filter / breadth) == 1)
        transformOutputs<1>(from, tiling.y, corner, filter, epilogue, y);
      else
        transformOutputs<2>(from, tiling.y, corner, filter, epilogue, y);
    }
  }
}

}  // namespace

void convolve(const Tiling &tiling, const Packing &packing, const float *x, const float *packed, Range tiles,
              Range blocks, const Epilogue &epilogue, float *y) {
  const Groups groups(tiling.x.channels);
  const Blocks all(tiling.y.channels);
  const int most = tilesAtOnce(groups.count * lanes, divideUp(tiling.y.channels, lanes) * lanes);
  float *d = reserve(groups.count * most * tileFloats + all.floats(most * places) + tiling.copyFloats());
  float *m = d + groups.count * most * tileFloats, *copy = m + all.floats(most * places);
  for (int first = tiles.begin; first < tiles.end; first += most) {
    const int count = std::min(most, tiles.end - first);
    for (int nth = 0; nth < count; nth++)
      transformMap(windowsOf(tiling, tiling.at(first + nth), x, copy), 0, tiling.x.channels, groups, count,
                   d + nth * tileFloats);
    const Next next{first + count, std::min(first + count + most, tiles.end)};
    for (int place = 0; place < places; place++) {
      next.fetchFrom(tiling, tiling.x, x, place);
      next.fetchFrom(tiling, tiling.y, y, place);
      multiply(groups, all, blocks, count, place, d, packed + place * packing.place(), m);
    }
    finishTiles(tiling, all, blocks, {first, first + count}, m, epilogue, y);
  }
}

#include "../avx512/end.h"
