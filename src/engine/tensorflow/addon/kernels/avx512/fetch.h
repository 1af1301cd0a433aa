/** Fetches floats before they are read. To be included after `<immintrin.h>` and `vector.h`. */
#pragma once

/**
 * Fetches one of so many shares of some floats into a cache of the second level.
 * Inlined, for GCC drops calls of a function that does nothing else.
 */
INLINE void fetch(const float *begin, const float *end, int nth, int shares) {
  constexpr size_t line = 64 / sizeof(float);
  const size_t lines = (end - begin) / line;
  for (size_t at = lines * nth / shares; at < lines * (nth + 1) / shares; at++)
    _mm_prefetch(reinterpret_cast<const char *>(begin + at * line), _MM_HINT_T1);
}

/**
 * Fetches what a window reads and the one above it does not: sixteen channels, in so many rows, of the columns up to its
 * neighbour's.
 */
INLINE void fetchBelow(const float *below, size_t row, int rows, size_t neighbour, size_t channels) {
  for (int nth = 0; nth < rows; nth++)
    for (size_t column = 0; column < neighbour; column += channels)
      _mm_prefetch(reinterpret_cast<const char *>(below + nth * row + column), _MM_HINT_T0);
}
