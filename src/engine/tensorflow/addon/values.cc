#include "values.h"

#include <cstring>
#include <functional>
#include <numeric>

namespace {

template <typename F>
void each(const Napi::Value &value, F visit) {
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::HandleScope scope(array.Env());
    visit(i, array.Get(i));
  }
}

void checkLength(const Napi::Float32Array &feed, size_t values) {
  if (feed.ElementLength() != values)
    throw std::range_error("a feed: expected " + std::to_string(values) + " values, got " +
                           std::to_string(feed.ElementLength()));
}

Tensor tensorOf(const Input &input, const float *data) {
  const size_t bytes = input.values * sizeof(float);
  Tensor tensor{TF_AllocateTensor(TF_FLOAT, input.shape.data(), input.shape.size(), bytes)};
  std::memcpy(TF_TensorData(tensor.get()), data, bytes);
  return tensor;
}

/** The floats of a tensor. */
size_t sizeOf(const Tensor &tensor) {
  if (TF_TensorType(tensor.get()) != TF_FLOAT) throw std::runtime_error("an output that is not of floats");
  return TF_TensorByteSize(tensor.get()) / sizeof(float);
}

/** An output, whose parts are of one size. */
Napi::Float32Array arrayOf(Napi::Env env, const std::vector<Values> &parts, size_t output) {
  const size_t size = sizeOf(parts.front()[output]);
  Napi::Float32Array array = Napi::Float32Array::New(env, parts.size() * size);
  for (size_t nth = 0; nth < parts.size(); nth++)
    std::memcpy(array.Data() + nth * size, TF_TensorData(parts[nth][output].get()), size * sizeof(float));
  return array;
}

Input inputOf(const Session &session, const Napi::Object &input) {
  std::vector<int64_t> shape;
  each(input.Get("shape"), [&](uint32_t, Napi::Value size) {
    shape.push_back(size.As<Napi::Number>().Int64Value());
  });
  const int64_t values = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  return {session.output(input.Get("name").As<Napi::String>()), shape, static_cast<size_t>(values)};
}

}  // namespace

Bytes bytesOf(const Napi::Value &array) {
  const Napi::Uint8Array bytes = array.As<Napi::Uint8Array>();
  return {bytes.Data(), bytes.ByteLength()};
}

std::vector<std::string> stringsOf(const Napi::Value &array) {
  std::vector<std::string> strings;
  each(array, [&](uint32_t, Napi::Value text) { strings.push_back(text.As<Napi::String>()); });
  return strings;
}

std::vector<Values> tensorsOf(const Call &call, const Napi::Value &feeds) {
  std::vector<Values> parts(call.parts);
  each(feeds, [&](uint32_t i, Napi::Value feed) {
    const Input &input = call.inputs.at(i);
    const Napi::Float32Array data = feed.As<Napi::Float32Array>();
    checkLength(data, parts.size() * input.values);
    for (size_t nth = 0; nth < parts.size(); nth++)
      parts[nth].push_back(tensorOf(input, data.Data() + nth * input.values));
  });
  if (parts.front().size() != call.inputs.size()) throw std::range_error("as many feeds as inputs are expected");
  return parts;
}

Napi::Array arraysOf(Napi::Env env, const std::vector<Values> &parts) {
  const size_t outputs = parts.front().size();
  Napi::Array arrays = Napi::Array::New(env, outputs);
  for (uint32_t i = 0; i < outputs; i++) arrays.Set(i, arrayOf(env, parts, i));
  return arrays;
}

Call callOf(const Session &session, const Napi::Object &object) {
  Call call;
  each(object.Get("inputs"), [&](uint32_t, Napi::Value input) {
    call.inputs.push_back(inputOf(session, input.As<Napi::Object>()));
  });
  for (const std::string &name : stringsOf(object.Get("outputs"))) call.outputs.push_back(session.output(name));
  for (const std::string &name : stringsOf(object.Get("targets"))) call.targets.push_back(session.operation(name));
  call.parts = object.Get("parts").As<Napi::Number>();
  call.threads = object.Get("threads").As<Napi::Number>();
  return call;
}
