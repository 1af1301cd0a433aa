/** What the addon exports; `../addon.ts` has its types. */
#include <napi.h>

#include "async_run.h"
#include "kernels/avx512/available.h"
#include "server.h"
#include "session.h"
#include "values.h"

namespace {

/** A session as an object of JavaScript, which the garbage collector closes where nobody did. */
class SessionObject : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Session",
                       {InstanceMethod<&SessionObject::prepare>("prepare"),
                        InstanceMethod<&SessionObject::run>("run"),
                        InstanceMethod<&SessionObject::runAsync>("runAsync"),
                        InstanceMethod<&SessionObject::trace>("trace"),
                        InstanceMethod<&SessionObject::close>("close")});
  }

  explicit SessionObject(const Napi::CallbackInfo &info)
      : Napi::ObjectWrap<SessionObject>(info),
        session_(std::make_shared<Session>(bytesOf(info[0]), bytesOf(info[1]), info[2].As<Napi::String>())) {}

 private:
  const std::shared_ptr<Session> &session() const {
    if (session_ == nullptr) throw std::runtime_error("the session is closed");
    return session_;
  }

  const Call &call(const Napi::Value &number) const {
    return session()->call(number.As<Napi::Number>().Uint32Value());
  }

  Napi::Value prepare(const Napi::CallbackInfo &info) {
    const size_t number = session()->add(callOf(*session(), info[0].As<Napi::Object>()));
    return Napi::Number::New(info.Env(), static_cast<double>(number));
  }

  Napi::Value run(const Napi::CallbackInfo &info) {
    const Call &called = call(info[0]);
    return arraysOf(info.Env(), session_->run(called, tensorsOf(called, info[1])));
  }

  Napi::Value runAsync(const Napi::CallbackInfo &info) {
    const Call &called = call(info[0]);
    auto *work = new AsyncRun(info.Env(), session_, called, tensorsOf(called, info[1]));
    const Napi::Promise promise = work->promise();
    work->Queue();  // deletes itself once it has settled the promise
    return promise;
  }

  Napi::Value trace(const Napi::CallbackInfo &info) {
    const Call &called = call(info[0]);
    const Buffer metadata = session_->trace(called, tensorsOf(called, info[1]).front());
    return Napi::Buffer<uint8_t>::Copy(info.Env(), static_cast<const uint8_t *>(metadata->data), metadata->length);
  }

  void close(const Napi::CallbackInfo &) { session_.reset(); }

  std::shared_ptr<Session> session_;
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["version"] = TF_Version();
  exports["sources"] = SOURCES;  // a hash of them, of the compiler's arguments
  exports["hasKernels"] = hasKernels();
  exports["Session"] = SessionObject::define(env);
  exports["countSessions"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) {
    return Napi::Number::New(info.Env(), static_cast<double>(Session::count()));
  });
  exports["cancelRuns"] = Napi::Function::New(env, [](const Napi::CallbackInfo &) { Session::cancelAll(); });
  exports["startServerAt"] = Napi::Function::New(env, [](const Napi::CallbackInfo &info) {
    return Napi::String::New(info.Env(), startServer(bytesOf(info[0]), info[1].As<Napi::String>()));
  });
  return exports;
}

}  // namespace

NODE_API_MODULE(session, init)
