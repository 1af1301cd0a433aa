/** Shares the parts of an operation among the threads of a session. */
#pragma once
#include <algorithm>
#include <map>
#include <mutex>
#include "tensorflow/core/framework/op_kernel.h"
#include "count.h"
#include "team.h"

/** Multiply–accumulates below which a second thread costs more than it saves: some microseconds. */
constexpr double fewMacs = 4e5;

inline int threadsOf(tensorflow::OpKernelContext *context) {
  return context->device()->tensorflow_cpu_worker_threads()->num_threads;
}

/** The team that follows the operations of a session which run one after another, each on the threads of this pool. */
inline std::shared_ptr<Team> teamOf(Team::Pool *pool) {
  static std::mutex mutex;
  static auto &teams = *new std::map<Team::Pool *, std::shared_ptr<Team>>;  // outlives every thread
  std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<Team> &team = teams[pool];
  if (team == nullptr) team = std::make_shared<Team>(Team::Patience(200));
  return team;
}

/** Calls `task(begin, end)` for shares of so many parts, on the caller's thread and on others as they are free. */
template <typename Task>
void share(tensorflow::OpKernelContext *context, int parts, double macs, const Task &task) {
  constexpr int sharesOfThread = 4;
  const int threads = macs < fewMacs ? 1 : std::min(threadsOf(context), parts);
  if (threads == 1) return task(0, parts);
  const int shares = std::min(parts, threads * sharesOfThread);
  const auto begin = [=](int nth) { return shareOf(parts, nth, shares); };
  Team::Pool *pool = context->device()->tensorflow_cpu_worker_threads()->workers;
  const auto team = context->run_all_kernels_inline() ? teamOf(pool) : std::make_shared<Team>(Team::Patience(0));
  team->share(pool, threads - 1, shares, [&](int nth) { task(begin(nth), begin(nth + 1)); });
}
