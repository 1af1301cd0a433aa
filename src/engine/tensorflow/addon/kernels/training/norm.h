/** Batch norm by the statistics of the batch, of rows [count, channels]. It knows no TensorFlow. */
#pragma once
#include <cstddef>
#include "../maps/count.h"

struct Rows {
  int count, channels;

  size_t floats() const { return static_cast<size_t>(count) * channels; }

  /** Rows that are read together, few enough for a cache of the first level. */
  int chunk() const;
  int chunks() const { return divideUp(count, chunk()); }
};

/** Of some chunks, for each channel the mean, and the sum of squares around it. Shapes  x → moments [chunk, 2, channels] */
void chunkMoments(const Rows &rows, const float *x, int begin, int end, float *moments);

/** The mean and the variance, the mean square around the mean, of all rows; always by the same order of sums. */
void combine(const Rows &rows, const float *moments, float *mean, float *variance);

/** Of some chunks, for each channel the sum of signals, and of signals times x − mean. Shapes  → sums [chunk, 2, channels] */
void chunkSignals(const Rows &rows, const float *dy, const float *x, const float *mean, int begin, int end,
                  float *sums);

/** The sums over all chunks; always in the same order. Shapes  → total [2, channels] */
void sumChunks(const Rows &rows, const float *sums, float *total);

/** dx = factors₀ · dy + factors₁ · x + factors₂, of the rows in some chunks. Shapes  factors [3, channels] */
void mixRows(const Rows &rows, const float *dy, const float *x, const float *factors, int begin, int end, float *dx);

/** y = factor · x + shift, of the rows in some chunks. */
void scaleRows(const Rows &rows, const float *x, const float *factor, const float *shift, int begin, int end, float *y);
