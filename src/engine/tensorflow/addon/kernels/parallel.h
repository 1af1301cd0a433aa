/** Shares the parts of an operation among the threads of a session. */
#pragma once
#include <atomic>
#include <thread>
#include "tensorflow/core/framework/op_kernel.h"

/** Multiply–accumulates below which a second thread costs more than it saves: some microseconds. */
constexpr double fewMacs = 4e5;

/**
 * Calls `task(begin, end)` for equal shares of so many parts, on the caller's thread and others; which thread has which
 * part is always the same. The caller spins until the others are done, and yields where that takes long.
 */
template <typename Task>
void share(tensorflow::OpKernelContext *context, int parts, double macs, const Task &task) {
  const auto &pool = *context->device()->tensorflow_cpu_worker_threads();
  const int threads = macs < fewMacs ? 1 : std::min(pool.num_threads, parts);
  const auto begin = [=](int nth) { return static_cast<int>(static_cast<int64_t>(parts) * nth / threads); };
  std::atomic<int> left{threads - 1};
  for (int nth = 1; nth < threads; nth++)
    pool.workers->Schedule([&, nth] {
      task(begin(nth), begin(nth + 1));
      left.fetch_sub(1, std::memory_order_release);
    });
  task(0, begin(1));
  for (int spins = 0; left.load(std::memory_order_acquire) > 0; spins++)
    if (spins > 10000) std::this_thread::yield();
    else __builtin_ia32_pause();
}
