/** A graph in a TensorFlow session of its own. It knows no JavaScript. */
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>
#include "handle.h"

/** A tensor of the graph that is fed. */
struct Input {
  TF_Output output;
  std::vector<int64_t> shape;
  size_t values;
};

/** What one call feeds and fetches; `targets` run for their effect. */
struct Call {
  std::vector<Input> inputs;
  std::vector<TF_Output> outputs;
  std::vector<TF_Operation *> targets;
};

/** A serialised message, such as a GraphDef. */
struct Bytes {
  const uint8_t *data;
  size_t length;
};

class Session {
 public:
  /** Imports a GraphDef and opens a session with a ConfigProto; an empty target is this process. */
  Session(Bytes graph, Bytes config, const std::string &target);
  ~Session();
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  /** The output `name:index` of a node. */
  TF_Output output(const std::string &name) const;
  TF_Operation *operation(const std::string &name) const;

  /** Keeps a call; its number never changes. */
  size_t add(Call call);
  const Call &call(size_t number) const { return calls_.at(number); }

  /** Safe on any thread. */
  std::vector<Tensor> run(const Call &call, const std::vector<Tensor> &fed) const;

  /** Runs a call and returns its RunMetadata, with the time of every node. */
  Buffer trace(const Call &call, const std::vector<Tensor> &fed) const;

  static size_t count();
  /** Ends the runs under way in every session, which fail. */
  static void cancelAll();

 private:
  void open(Bytes config, const std::string &target);
  void close() const;
  std::vector<Tensor> run(const Call &call, const std::vector<Tensor> &fed, const TF_Buffer *options,
                          TF_Buffer *metadata) const;

  Graph graph_{TF_NewGraph()};
  TF_Session *session_ = nullptr;
  std::deque<Call> calls_;
};
