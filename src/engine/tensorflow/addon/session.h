/** A graph in a TensorFlow session of its own. It knows no JavaScript. */
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>
#include "handle.h"

/** What is fed to the inputs of a call, or fetched from its outputs, in their order. */
using Values = std::vector<Tensor>;

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
  /** The runs that one call takes, each with its part of the rows that are fed, and the threads that make them at once. */
  int parts = 1, threads = 1;
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

  /** What is fetched of each part. Safe on any thread. */
  std::vector<Values> run(const Call &call, const std::vector<Values> &parts) const;

  /** Runs a call of one part and returns its RunMetadata, with the time of every node. */
  Buffer trace(const Call &call, const Values &fed) const;

  static size_t count();
  /** Ends the runs under way in every session, which fail. */
  static void cancelAll();

 private:
  void open(Bytes config, const std::string &target);
  void close() const;
  Values run(const Call &call, const Values &fed, Status &status, const TF_Buffer *options = nullptr,
             TF_Buffer *metadata = nullptr) const;

  Graph graph_{TF_NewGraph()};
  TF_Session *session_ = nullptr;
  std::deque<Call> calls_;
};
