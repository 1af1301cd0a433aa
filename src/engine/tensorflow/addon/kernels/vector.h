/** Sixteen floats in a register of AVX-512, and the last few of a row. */
#pragma once
#include <immintrin.h>

#define INLINE inline __attribute__((always_inline))

typedef __m512 Vector;

constexpr int lanes = 16;

/** The lanes of a row's last register, of which `count` floats are left. */
INLINE __mmask16 lanesOf(int count) { return count >= lanes ? 0xffff : static_cast<__mmask16>((1u << count) - 1); }
