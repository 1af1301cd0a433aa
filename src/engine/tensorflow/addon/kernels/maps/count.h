/** Whole numbers of parts. */
#pragma once
#include <cstdint>

/** Some of so many parts: from one of them to that before the end. */
struct Range {
  int begin, end;
};

inline int divideUp(int count, int by) { return (count + by - 1) / by; }

/** Where the nth of so many nearly equal shares begins; the last ends where one more would begin. */
inline int shareOf(int parts, int nth, int shares) {
  return static_cast<int>(static_cast<int64_t>(parts) * nth / shares);
}
