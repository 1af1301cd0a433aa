/**
 * Sixteen floats in a register of AVX-512, the last few of a row, and clamps. To be included after `<immintrin.h>` and
 * `begin.h`.
 */
#pragma once
#include "../maps/clamp.h"

#define INLINE inline __attribute__((always_inline))

typedef __m512 Vector;

constexpr int lanes = 16;

/** The lanes of a register of which `count` floats are in a row: all, some, or none where it lies behind the row. */
INLINE __mmask16 lanesOf(int count) {
  return count >= lanes ? 0xffff : count > 0 ? static_cast<__mmask16>((1u << count) - 1) : 0;
}

INLINE Vector clampTo(Clamp clamp, Vector value) {
  if (clamp != Clamp::none) value = _mm512_max_ps(value, _mm512_setzero_ps());
  return clamp == Clamp::relu6 ? _mm512_min_ps(value, _mm512_set1_ps(6)) : value;
}
