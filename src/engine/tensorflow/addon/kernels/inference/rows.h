/** Rows of channels: a map's pixels, one after another. It knows no TensorFlow. */
#pragma once
#include <cstddef>
#include <vector>

/** Rows, each of so many channels. */
struct Columns {
  const float *x;
  int channels;
};

/** Puts rows beside each other. Shapes  parts [rows, channels] … → y [rows, all channels], of some rows */
void joinRows(const std::vector<Columns> &parts, int begin, int end, float *y);

/** The sum of so many rows. Shapes  x [count, channels] → y [channels] */
void sumRows(const float *x, int count, int channels, float *y);
