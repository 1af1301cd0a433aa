/** Threads that share one task after another with a caller, as teams of OpenMP do. */
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include "tensorflow/core/platform/threadpool.h"

class Team : public std::enable_shared_from_this<Team> {
 public:
  using Pool = tensorflow::thread::ThreadPool;
  using Patience = std::chrono::microseconds;

  /** How long its threads look for the next task before they leave: to wake one takes longer than a small operation. */
  explicit Team(Patience patience) : patience_(patience) {}

  /**
   * Calls `task(nth)` for each of so many shares, on the caller's thread and on `helpers` of the pool's as they are free;
   * which thread has which share is not told. One caller at a time, who spins until the others are done, and yields where
   * that takes long.
   */
  template <typename Task>
  void share(Pool *pool, int helpers, int shares, const Task &task) {
    publish(&task, [](const void *task, int nth) { (*static_cast<const Task *>(task))(nth); }, shares);
    for (; members_.load() < helpers; members_.fetch_add(1))
      pool->Schedule([team = shared_from_this()] { team->follow(); });
    while (takeShare()) continue;
    for (int spins = 0; done_.load() < shares; spins++)
      if (spins > 10000)
        std::this_thread::yield();
      else
        __builtin_ia32_pause();
  }

 private:
  using Run = void (*)(const void *task, int nth);

  /** Only after all shares of the task before are done. */
  void publish(const void *task, Run run, uint64_t shares) {
    task_.store(task);
    run_.store(run);
    done_.store(0);
    next_.store(((next_.load() >> 32) + 1) << 32 | shares << 16);
  }

  /** Whether there was one. The task is that of the share, for none is published before all are done. */
  bool takeShare() {
    uint64_t next = next_.load();
    const void *task = task_.load();
    const Run run = run_.load();
    const int nth = next & UINT16_MAX, shares = next >> 16 & UINT16_MAX;
    if (nth == shares) return false;
    if (next_.compare_exchange_strong(next, next + 1)) {
      run(task, nth);
      done_.fetch_add(1);
    }
    return true;
  }

  void follow() {
    using Clock = std::chrono::steady_clock;
    auto until = Clock::now() + patience_;
    do {
      if (takeShare())
        until = Clock::now() + patience_;
      else
        __builtin_ia32_pause();
    } while (Clock::now() < until);
    members_.fetch_sub(1);
  }

  const Patience patience_;
  std::atomic<const void *> task_{nullptr};
  std::atomic<Run> run_{nullptr};
  std::atomic<int> done_{0}, members_{0};
  std::atomic<uint64_t> next_{0};  // the task's number, how many shares it has, and the next of them
};
