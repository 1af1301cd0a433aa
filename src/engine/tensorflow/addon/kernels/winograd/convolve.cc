#include "convolve.h"

#include <immintrin.h>

#include "../avx512-begin.h"
#include "layout.h"

namespace {

/** The products of some tiles at one place. Shapes  d [group][tiles][place][sixteen] → m [block][tiles][place][filters] */
void multiply(const Groups &groups, const Blocks &blocks, int tiles, int place, const float *d, const float *packed,
              float *m) {
  constexpr int most = 12;
  for (int block = 0; block < blocks.count; block++) {
    const int width = blocks.width(block);
    const int filter = block * Blocks::breadth;
    const size_t step = width * lanes, lines = static_cast<size_t>(tiles) * places;
    for (int first = 0; first < tiles; first += most)
      kernelOf(std::min(most, tiles - first), width)(
          {d + first * tileFloats + place * lanes, tileFloats, tiles * tileFloats, groups.count, groups.length, zeros,
           packed + blocks.at(filter, 0, groups.channels()), step, nullptr,
           m + blocks.at(filter, first * places + place, lines), places * step, width * lanes},
          Clamp::none);
  }
}

/** Sixteen filters of a tile's outputs, `tall` × `broad` of them, from the values at its points. */
template <int width>
INLINE void transformOutputs(const float *m, const Map &map, int tall, int broad, int filters, float *y) {
  const __mmask16 some = lanesOf(filters);
  const bool isWhole = tall >= side && broad >= side;
  const size_t line = map.row(), pixel = map.channels;
  transform<points, side, outputAxis>(
      [&](int row, int column) { return _mm512_loadu_ps(m + (row * points + column) * width * lanes); },
      [&](int row, int column, Vector value) {
        if (isWhole || (row < tall && column < broad))
          _mm512_mask_storeu_ps(y + row * line + column * pixel, some, value);
      });
}

/** The outputs of a tile. */
void finishTile(const Map &map, const Tile &tile, const Blocks &blocks, int nth, int tiles, const float *m, float *y) {
  const int tall = map.rows - tile.row, broad = map.columns - tile.column;
  float *corner = y + tile.image * map.image() + tile.row * map.row() + static_cast<size_t>(tile.column) * map.channels;
  for (int filter = 0; filter < map.channels; filter += lanes) {
    const int left = map.channels - filter;
    const float *from = m + blocks.at(filter, nth * places, static_cast<size_t>(tiles) * places);
    if (blocks.width(filter / Blocks::breadth) == 1)
      transformOutputs<1>(from, map, tall, broad, left, corner + filter);
    else
      transformOutputs<2>(from, map, tall, broad, left, corner + filter);
  }
}

}  // namespace

void convolve(const Tiling &tiling, const Packing &packing, const float *x, const float *packed, int begin, int end,
              float *y) {
  const Groups groups(tiling.x.channels);
  const Blocks blocks(tiling.y.channels);
  const int most = tilesAtOnce(groups.count * lanes, divideUp(tiling.y.channels, lanes) * lanes);
  float *d = reserve(groups.count * most * tileFloats + blocks.floats(most * places) + tiling.copyFloats());
  float *m = d + groups.count * most * tileFloats, *copy = m + blocks.floats(most * places);
  for (int first = begin; first < end; first += most) {
    const int tiles = std::min(most, end - first);
    for (int nth = 0; nth < tiles; nth++)
      transformMap(windowsOf(tiling, tiling.at(first + nth), x, copy), 0, tiling.x.channels, groups, tiles,
                   d + nth * tileFloats);
    const Next next{first + tiles, std::min(first + tiles + most, end)};
    for (int place = 0; place < places; place++) {
      next.fetchFrom(tiling, tiling.x, x, place);
      next.fetchFrom(tiling, tiling.y, y, place);
      multiply(groups, blocks, tiles, place, d, packed + place * packing.place(), m);
    }
    for (int nth = 0; nth < tiles; nth++) finishTile(tiling.y, tiling.at(first + nth), blocks, nth, tiles, m, y);
  }
}

#include "../avx512-end.h"
