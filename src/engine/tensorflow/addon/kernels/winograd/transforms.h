/**
 * The transforms of F(4×4, 3×3), of sixteen channels at a time, with the points 0, ±√½, ±√2 and ∞ along each axis. What
 * they round off is half of what the points 0, ±1, ±2 and ∞ do. To be included after `<immintrin.h>` and
 * `avx512/begin.h`.
 *
 * Source  Lavin and Gray 2016
 */
#pragma once
#include "../avx512/vector.h"

namespace {

/** Outputs, windows and points along one axis of a tile. */
constexpr int side = 4, taps = 3, points = side + taps - 1;
/** Points of a tile. */
constexpr int places = points * points;

constexpr float low = 0.7071067811865476f;   // √½
constexpr float high = 1.4142135623730951f;  // √2

INLINE Vector times(float factor, Vector value) { return _mm512_mul_ps(_mm512_set1_ps(factor), value); }

/** factor · value + to */
INLINE Vector plus(Vector to, float factor, Vector value) { return _mm512_fmadd_ps(_mm512_set1_ps(factor), value, to); }

/** One axis of a transform: `from` values to `to` values. */
template <int from, int to>
using Axis = void (*)(const Vector *, Vector *);

/** p(x) and p(−x) of their even and odd parts. */
INLINE void both(Vector even, Vector odd, Vector *out) {
  out[0] = _mm512_add_ps(even, odd);
  out[1] = _mm512_sub_ps(even, odd);
}

/** Bᵀ d: the values of a map at the points. */
INLINE void mapAxis(const Vector *d, Vector *out) {
  out[0] = _mm512_add_ps(plus(d[0], -2.5f, d[2]), d[4]);
  both(plus(d[4], -2, d[2]), times(low, plus(d[3], -2, d[1])), out + 1);
  both(plus(d[4], -0.5f, d[2]), times(high, plus(d[3], -0.5f, d[1])), out + 3);
  out[5] = _mm512_add_ps(plus(d[1], -2.5f, d[3]), d[5]);
}

/** G g: those of a kernel. */
INLINE void kernelAxis(const Vector *g, Vector *out) {
  out[0] = g[0];
  both(times(-2 / 3.0f, plus(g[0], 0.5f, g[2])), times(-2 / 3.0f * low, g[1]), out + 1);
  both(times(1 / 6.0f, plus(g[0], 2, g[2])), times(1 / 6.0f * high, g[1]), out + 3);
  out[5] = g[2];
}

/** A y: those of signals. */
INLINE void signalAxis(const Vector *y, Vector *out) {
  out[0] = y[0];
  both(plus(y[0], 0.5f, y[2]), times(low, plus(y[1], 0.5f, y[3])), out + 1);
  both(plus(y[0], 2, y[2]), times(high, plus(y[1], 2, y[3])), out + 3);
  out[5] = y[3];
}

/** Aᵀ m: outputs from the values at the points. */
INLINE void outputAxis(const Vector *m, Vector *out) {
  const Vector sumLow = _mm512_add_ps(m[1], m[2]), awayLow = times(low, _mm512_sub_ps(m[1], m[2]));
  const Vector sumHigh = _mm512_add_ps(m[3], m[4]), awayHigh = times(high, _mm512_sub_ps(m[3], m[4]));
  out[0] = _mm512_add_ps(_mm512_add_ps(m[0], sumLow), sumHigh);
  out[1] = _mm512_add_ps(awayLow, awayHigh);
  out[2] = plus(times(2, sumHigh), 0.5f, sumLow);
  out[3] = _mm512_add_ps(plus(times(2, awayHigh), 0.5f, awayLow), m[5]);
}

/** Gᵀ p: taps from the values at the points. */
INLINE void tapAxis(const Vector *p, Vector *out) {
  const Vector sumLow = times(-2 / 3.0f, _mm512_add_ps(p[1], p[2]));
  const Vector sumHigh = times(1 / 6.0f, _mm512_add_ps(p[3], p[4]));
  const Vector awayLow = times(-2 / 3.0f * low, _mm512_sub_ps(p[1], p[2]));
  const Vector awayHigh = times(1 / 6.0f * high, _mm512_sub_ps(p[3], p[4]));
  out[0] = _mm512_add_ps(_mm512_add_ps(p[0], sumLow), sumHigh);
  out[1] = _mm512_add_ps(awayLow, awayHigh);
  out[2] = _mm512_add_ps(plus(times(2, sumHigh), 0.5f, sumLow), p[5]);
}

/** Transforms a square of vectors along its columns, then along its rows. `load` and `store` are told row and column. */
template <int from, int to, Axis<from, to> axis, typename Load, typename Store>
INLINE void transform(const Load &load, const Store &store) {
  Vector between[to][from];
#pragma GCC unroll 6
  for (int column = 0; column < from; column++) {
    Vector in[from], out[to];
#pragma GCC unroll 6
    for (int row = 0; row < from; row++) in[row] = load(row, column);
    axis(in, out);
#pragma GCC unroll 6
    for (int row = 0; row < to; row++) between[row][column] = out[row];
  }
#pragma GCC unroll 6
  for (int row = 0; row < to; row++) {
    Vector out[to];
    axis(between[row], out);
#pragma GCC unroll 6
    for (int column = 0; column < to; column++) store(row, column, out[column]);
  }
}

}  // namespace
