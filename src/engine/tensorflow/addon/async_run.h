/** A run on a thread of Node's pool, so that the event loop stays free, and the promise of its outputs. */
#pragma once
#include <napi.h>
#include <memory>
#include <utility>
#include <vector>
#include "session.h"
#include "values.h"

class AsyncRun : public Napi::AsyncWorker {
 public:
  /** Holds the session until the run has ended, even where it is closed meanwhile. */
  AsyncRun(Napi::Env env, std::shared_ptr<const Session> session, const Call &call, std::vector<Values> fed)
      : Napi::AsyncWorker(env, "espalier:run"),
        deferred_(Napi::Promise::Deferred::New(env)),
        session_(std::move(session)),
        call_(call),
        fed_(std::move(fed)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { fetched_ = session_->run(call_, fed_); }
  void OnOK() override { deferred_.Resolve(arraysOf(Env(), fetched_)); }
  void OnError(const Napi::Error &error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::shared_ptr<const Session> session_;
  const Call &call_;
  std::vector<Values> fed_;
  std::vector<Values> fetched_;
};
