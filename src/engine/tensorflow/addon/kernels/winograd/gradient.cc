#include "gradient.h"

#include <immintrin.h>

#include "../avx512/begin.h"
#include "layout.h"

namespace {

/** Some of a kernel's channels and filters, few enough that their sums stay in a cache of the second level. */
struct Part {
  static constexpr int most = 64;

  int channel, channels, filter, filters;
  Groups groups{channels};
  Blocks blocks{filters};
};

/** The values of signals at a tile's points, those of sixteen filters. */
template <int width>
INLINE void transformSignals(const Square &square, const float *from, int filters, float *s) {
  const __mmask16 some = lanesOf(filters);
  transform<side, points, signalAxis>(
      [&](int row, int column) { return _mm512_maskz_loadu_ps(some, from + row * square.row + column * square.pixel); },
      [&](int row, int column, Vector value) { _mm512_storeu_ps(s + (row * points + column) * width * lanes, value); });
}

/** Those of a part's filters. Shapes  → s [block][tiles][place][filters] */
void transformSignals(const Square &square, const Part &part, int nth, int tiles, float *s) {
  for (int filter = 0; filter < part.filters; filter += lanes) {
    const int left = part.filters - filter;
    const float *from = square.corner + part.filter + filter;
    float *to = s + part.blocks.at(filter, nth * places, static_cast<size_t>(tiles) * places);
    if (part.blocks.width(filter / breadth) == 1)
      transformSignals<1>(square, from, left, to);
    else
      transformSignals<2>(square, from, left, to);
  }
}

/** The sums over tiles of products at a place. Shapes  d [group][tile][place][sixteen], s → sums [block][channel][filters] */
void multiply(const Part &part, int tiles, const float *d, const float *s, int place, bool isAdded, float *sums) {
  const auto &[channel, channels, filter, filters, groups, blocks] = part;
  const int most = groups.length > mostPixels ? divideUp(groups.length, 2) : groups.length;
  for (int group = 0; group < groups.count; group++)
    for (int block = 0; block < blocks.count; block++) {
      const int width = blocks.width(block);
      const size_t line = width * lanes;
      for (int first = 0; first < groups.length; first += most) {
        float *to = sums + blocks.at(block * breadth, group * groups.length + first, groups.channels());
        kernelOf(std::min(most, groups.length - first), width)(
            {d + group * tiles * tileFloats + place * lanes + first, 1, tileFloats, tiles, 1, zeros,
             s + blocks.at(block * breadth, place, static_cast<size_t>(tiles) * places), places * line,
             isAdded ? to : nullptr, to, line, width * lanes},
            Clamp::none);
      }
    }
}

/** The taps of a part's kernels. Shapes  sums [place][block][channel][filters] → dk [3, 3, channels, filters] */
void transformTaps(const Tiling &tiling, const Part &part, const float *sums, size_t place, float *dk) {
  const size_t filters = tiling.y.channels, tap = tiling.x.channels * filters;
  for (int channel = 0; channel < part.channels; channel++)
    for (int filter = 0; filter < part.filters; filter += lanes) {
      const float *from = sums + part.blocks.at(filter, channel, part.groups.channels());
      float *to = dk + (part.channel + channel) * filters + part.filter + filter;
      const __mmask16 some = lanesOf(part.filters - filter);
      transform<points, taps, tapAxis>(
          [&](int row, int column) { return _mm512_loadu_ps(from + (row * points + column) * place); },
          [&](int row, int column, Vector value) {
            _mm512_mask_storeu_ps(to + (row * taps + column) * tap, some, value);
          });
    }
}

void convolvePart(const Tiling &tiling, const Part &part, const float *x, const float *dy, int begin, int end,
                  float *dk) {
  const auto &[channel, channels, filter, filters, groups, blocks] = part;
  const int most = tilesAtOnce(groups.count * lanes, divideUp(filters, lanes) * lanes);
  const size_t sumsOfPlace = apart(blocks.floats(groups.channels()));
  const size_t mapFloats = groups.count * most * tileFloats, signalFloats = blocks.floats(most * places);
  float *d = reserve(mapFloats + signalFloats + places * sumsOfPlace + tiling.copyFloats());
  float *s = d + mapFloats, *sums = s + signalFloats, *copy = sums + places * sumsOfPlace;
  for (int first = begin; first < end; first += most) {
    const int tiles = std::min(most, end - first);
    for (int nth = 0; nth < tiles; nth++) {
      const Origin tile = tiling.at(first + nth);
      transformMap(windowsOf(tiling, tile, x, copy), channel, channels, groups, tiles, d + nth * tileFloats);
      transformSignals(squareOf(tiling.y, dy + tile.image * tiling.y.image(), tile.row, tile.column, side, copy), part,
                       nth, tiles, s);
    }
    const Next next{first + tiles, std::min(first + tiles + most, end)};
    for (int place = 0; place < places; place++) {
      next.fetchFrom(tiling, tiling.x, x, place);
      next.fetchFrom(tiling, tiling.y, dy, place);
      multiply(part, tiles, d, s, place, first > begin, sums + place * sumsOfPlace);
    }
  }
  transformTaps(tiling, part, sums, sumsOfPlace, dk);
}

}  // namespace

void convolveKernel(const Tiling &tiling, const float *x, const float *dy, int begin, int end, float *dk) {
  const int channels = tiling.x.channels, filters = tiling.y.channels;
  for (int channel = 0; channel < channels; channel += Part::most)
    for (int filter = 0; filter < filters; filter += Part::most)
      convolvePart(tiling,
                   {channel, std::min(Part::most, channels - channel), filter, std::min(Part::most, filters - filter)},
                   x, dy, begin, end, dk);
}

#include "../avx512/end.h"
