/** Whole numbers of parts. */
#pragma once
#include <cstdint>

inline int divideUp(int count, int by) { return (count + by - 1) / by; }

/** Where the nth of so many nearly equal shares begins; the last ends where one more would begin. */
inline int shareOf(int parts, int nth, int shares) {
  return static_cast<int>(static_cast<int64_t>(parts) * nth / shares);
}
