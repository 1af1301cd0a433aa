/** Threads that share one task after another with a caller, as teams of OpenMP do. */
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include "tensorflow/core/platform/cpu_info.h"
#include "tensorflow/core/platform/env.h"
#include "tensorflow/core/platform/threadpool.h"

/** What the parts of an operation, or of a call, are shared by. */
class Team : public std::enable_shared_from_this<Team> {
 public:
  using Pool = tensorflow::thread::ThreadPool;
  using Patience = std::chrono::microseconds;

  /** How long its threads look for the next task before they leave: waking one takes longer than a small operation. */
  Team(Pool *pool, Patience patience) : pool_(pool), patience_(patience) {}

  /** That of all sessions whose operations run one after another; it lasts as long as the process. */
  static Team &ofProcess() {
    static auto &team = *new std::shared_ptr<Team>(std::make_shared<Team>(
        new Pool(tensorflow::Env::Default(), "team", std::max(2, tensorflow::port::MaxParallelism()) - 1), Patience(200)));
    return *team;
  }

  /**
   * Calls `task(nth)` for each of so many shares, on the caller's thread and on `helpers` of the pool's as they are free: the
   * caller takes them from the front, the others from the back, so that of one operation after another a core has the same
   * part of the map, whose values are in its cache. The caller spins until the others are done, and yields where that takes
   * long. A second caller meanwhile does all of its task itself.
   */
  template <typename Task>
  void share(int helpers, int shares, const Task &task) {
    if (helpers == 0 || isBusy_.exchange(true)) {
      for (int nth = 0; nth < shares; nth++) task(nth);
      return;
    }
    publish(&task, [](const void *task, int nth) { (*static_cast<const Task *>(task))(nth); }, shares);
    for (; members_.load() < helpers; members_.fetch_add(1))
      pool_->Schedule([team = shared_from_this()] { team->follow(); });
    while (takeShare(true)) continue;
    await(shares);
    isBusy_.store(false);
  }

 private:
  using Run = void (*)(const void *task, int nth);

  void await(int shares) const {
    for (int spins = 0; done_.load() < shares; spins++)
      if (spins > 10000)
        std::this_thread::yield();
      else
        __builtin_ia32_pause();
  }

  /** Only after all shares of the task before are done. */
  void publish(const void *task, Run run, uint64_t shares) {
    task_.store(task);
    run_.store(run);
    done_.store(0);
    left_.store(((left_.load() >> 32) + 1) << 32 | shares << 16);
  }

  /** Whether there was one. The task is that of the share, for none is published before all are done. */
  bool takeShare(bool is_first) {
    uint64_t left = left_.load();
    const void *task = task_.load();
    const Run run = run_.load();
    const int first = left & UINT16_MAX, end = left >> 16 & UINT16_MAX;
    if (first == end) return false;
    if (left_.compare_exchange_strong(left, is_first ? left + 1 : left - (1 << 16))) {
      run(task, is_first ? first : end - 1);
      done_.fetch_add(1);
    }
    return true;
  }

  void follow() {
    using Clock = std::chrono::steady_clock;
    auto until = Clock::now() + patience_;
    do {
      if (takeShare(false))
        until = Clock::now() + patience_;
      else
        __builtin_ia32_pause();
    } while (Clock::now() < until);
    members_.fetch_sub(1);
  }

  Pool *const pool_;
  const Patience patience_;
  std::atomic<bool> isBusy_{false};
  std::atomic<const void *> task_{nullptr};
  std::atomic<Run> run_{nullptr};
  std::atomic<int> done_{0}, members_{0};
  std::atomic<uint64_t> left_{0};  // the task's number, where the shares that are left end, and the first of them
};
