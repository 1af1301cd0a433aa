/** Sixteen floats in a register of AVX-512, and the last few of a row. */
#pragma once
#include <immintrin.h>

#define INLINE inline __attribute__((always_inline))

typedef __m512 Vector;

constexpr int lanes = 16;

/** The lanes of a register of which `count` floats are in a row: all, some, or none where it lies behind the row. */
INLINE __mmask16 lanesOf(int count) {
  return count >= lanes ? 0xffff : count > 0 ? static_cast<__mmask16>((1u << count) - 1) : 0;
}
