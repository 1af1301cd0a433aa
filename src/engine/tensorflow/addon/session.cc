#include "session.h"

#include <mutex>
#include <set>

#include "kernels/operation/team.h"

namespace {

std::mutex mutex;
std::set<const Session *> sessions;

void import(TF_Graph *graph, Bytes bytes) {
  Buffer definition{TF_NewBufferFromString(bytes.data, bytes.length)};
  ImportOptions options{TF_NewImportGraphDefOptions()};
  Status status;
  TF_GraphImportGraphDef(graph, definition.get(), options.get(), status);
  status.check();
}

std::vector<TF_Output> outputsOf(const std::vector<Input> &inputs) {
  std::vector<TF_Output> outputs;
  for (const Input &input : inputs) outputs.push_back(input.output);
  return outputs;
}

}  // namespace

Session::Session(Bytes graph, Bytes config, const std::string &target) {
  import(graph_.get(), graph);
  open(config, target);
  std::lock_guard<std::mutex> lock(mutex);
  sessions.insert(this);
}

Session::~Session() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    sessions.erase(this);
  }
  close();
  TF_DeleteSession(session_, Status());
}

void Session::open(Bytes config, const std::string &target) {
  SessionOptions options{TF_NewSessionOptions()};
  Status status;
  TF_SetTarget(options.get(), target.c_str());
  TF_SetConfig(options.get(), config.data, config.length, status);
  status.check();
  session_ = TF_NewSession(graph_.get(), options.get(), status);
  status.check();
}

void Session::close() const { TF_CloseSession(session_, Status()); }

TF_Operation *Session::operation(const std::string &name) const {
  TF_Operation *found = TF_GraphOperationByName(graph_.get(), name.c_str());
  if (found == nullptr) throw std::runtime_error("no node " + name);
  return found;
}

TF_Output Session::output(const std::string &name) const {
  const size_t colon = name.rfind(':');
  const int index = colon == std::string::npos ? 0 : std::stoi(name.substr(colon + 1));
  return {operation(name.substr(0, colon)), index};
}

size_t Session::add(Call call) {
  calls_.push_back(std::move(call));
  return calls_.size() - 1;
}

std::vector<Values> Session::run(const Call &call, const std::vector<Values> &parts) const {
  std::vector<Values> fetched(parts.size());
  std::vector<Status> statuses(parts.size());
  Team::ofProcess().share(call.threads - 1, static_cast<int>(parts.size()),
                          [&](int nth) { fetched[nth] = run(call, parts[nth], statuses[nth]); });
  for (const Status &status : statuses) status.check();
  return fetched;
}

Buffer Session::trace(const Call &call, const Values &fed) const {
  const uint8_t fullTrace[] = {0x08, 0x03};  // RunOptions, whose trace_level, field 1, is FULL_TRACE
  Buffer options{TF_NewBufferFromString(fullTrace, sizeof fullTrace)};
  Buffer metadata{TF_NewBuffer()};
  Status status;
  run(call, fed, status, options.get(), metadata.get());
  status.check();
  return metadata;
}

Values Session::run(const Call &call, const Values &fed, Status &status, const TF_Buffer *options,
                    TF_Buffer *metadata) const {
  const std::vector<TF_Output> inputs = outputsOf(call.inputs);
  std::vector<TF_Tensor *> values;
  for (const Tensor &tensor : fed) values.push_back(tensor.get());
  std::vector<TF_Tensor *> fetched(call.outputs.size());
  TF_SessionRun(session_, options, inputs.data(), values.data(), inputs.size(), call.outputs.data(),
                fetched.data(), fetched.size(), call.targets.data(), call.targets.size(), metadata, status);
  Values outputs;
  for (TF_Tensor *tensor : fetched) outputs.emplace_back(tensor);
  return outputs;
}

size_t Session::count() {
  std::lock_guard<std::mutex> lock(mutex);
  return sessions.size();
}

void Session::cancelAll() {
  std::lock_guard<std::mutex> lock(mutex);
  for (const Session *session : sessions) session->close();
}
