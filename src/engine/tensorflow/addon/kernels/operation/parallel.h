/** Shares the parts of an operation among the threads of a session. */
#pragma once
#include "tensorflow/core/framework/op_kernel.h"
#include "../maps/count.h"
#include "team.h"

/** Work below which a second thread costs more than it saves, in the unit of `share`: where it waits, and where it sleeps. */
constexpr double littleInTurn = 1e5, little = 4e5;

/** More are fairer, where a thread is slower for a while; each costs the time to take it. */
inline int sharesOfThread(double work) { return static_cast<int>(std::min(4.0, std::max(1.0, work / 1e6))); }

inline int threadsOf(tensorflow::OpKernelContext *context) {
  return context->device()->tensorflow_cpu_worker_threads()->num_threads;
}

/**
 * Calls `task(begin, end)` for shares of so many parts, on the caller's thread and on others as they are free: where a
 * session's operations run one after another on `threads` of a team that waits for the next one, else on those of the session.
 * The unit of work is what a convolution needs for a multiplication and an addition by its definition.
 */
template <typename Task>
void share(tensorflow::OpKernelContext *context, int threads, int parts, double work, const Task &task) {
  const bool inTurn = context->run_all_kernels_inline();
  const int most = work < (inTurn ? littleInTurn : little) ? 1 : std::min(inTurn ? threads : threadsOf(context), parts);
  if (most == 1) return task(0, parts);
  const int shares = std::min(parts, most * sharesOfThread(work));
  const auto begin = [=](int nth) { return shareOf(parts, nth, shares); };
  const auto part = [&](int nth) { task(begin(nth), begin(nth + 1)); };
  if (inTurn) return Team::ofProcess().share(most - 1, shares, part);
  Team::Pool *pool = context->device()->tensorflow_cpu_worker_threads()->workers;
  std::make_shared<Team>(pool, Team::Patience(0))->share(most - 1, shares, part);
}
