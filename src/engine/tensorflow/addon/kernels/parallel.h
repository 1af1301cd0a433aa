/** Shares work among threads: that of a session's runs, or of an operation. */
#pragma once
#include <atomic>
#include <memory>
#include <thread>
#include "tensorflow/core/framework/op_kernel.h"
#include "count.h"

/** Multiply–accumulates below which a second thread costs more than it saves: some microseconds. */
constexpr double fewMacs = 4e5;

inline int threadsOf(tensorflow::OpKernelContext *context) {
  return context->device()->tensorflow_cpu_worker_threads()->num_threads;
}

/** The shares of a task that are taken, and those that are done. */
struct Progress {
  std::atomic<int> taken{0}, done{0};
};

/**
 * Calls `task(nth)` for each of so many shares, on the caller's thread and on `helpers` of a pool's as they are free; which
 * thread has which share is not told. The caller spins until the others are done, and yields where that takes long.
 */
template <typename Task>
void shareAmong(tensorflow::thread::ThreadPool *pool, int helpers, int shares, const Task &task) {
  const auto progress = std::make_shared<Progress>();
  const auto work = [&task, shares, progress] {
    for (int nth; (nth = progress->taken.fetch_add(1)) < shares; progress->done.fetch_add(1)) task(nth);
  };
  for (int nth = 0; nth < helpers; nth++) pool->Schedule(work);
  work();
  for (int spins = 0; progress->done.load() < shares; spins++)
    if (spins > 10000)
      std::this_thread::yield();
    else
      __builtin_ia32_pause();
}

/** Calls `task(begin, end)` for shares of so many parts of an operation. */
template <typename Task>
void share(tensorflow::OpKernelContext *context, int parts, double macs, const Task &task) {
  constexpr int sharesOfThread = 4;
  const int threads = macs < fewMacs ? 1 : std::min(threadsOf(context), parts);
  if (threads == 1) return task(0, parts);
  const int shares = std::min(parts, threads * sharesOfThread);
  const auto begin = [=](int nth) { return shareOf(parts, nth, shares); };
  shareAmong(context->device()->tensorflow_cpu_worker_threads()->workers, threads - 1, shares,
             [&](int nth) { task(begin(nth), begin(nth + 1)); });
}
