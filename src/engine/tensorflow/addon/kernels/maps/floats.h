/** Floats that begin with a line of a cache: what a register reads across two lines takes twice as long. */
#pragma once
#include <cstddef>
#include <new>
#include <vector>

template <typename Value>
struct LineAllocator {
  using value_type = Value;
  static constexpr std::align_val_t line{64};

  LineAllocator() = default;
  template <typename Other>
  LineAllocator(const LineAllocator<Other> &) {}

  Value *allocate(size_t count) { return static_cast<Value *>(::operator new(count * sizeof(Value), line)); }
  void deallocate(Value *values, size_t) { ::operator delete(values, line); }

  bool operator==(const LineAllocator &) const { return true; }
  bool operator!=(const LineAllocator &) const { return false; }
};

using Floats = std::vector<float, LineAllocator<float>>;
