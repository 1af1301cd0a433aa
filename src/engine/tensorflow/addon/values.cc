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

Tensor tensorOf(const Input &input, const Napi::Float32Array &data) {
  if (data.ElementLength() != input.values)
    throw std::range_error("a feed: expected " + std::to_string(input.values) + " values, got " +
                           std::to_string(data.ElementLength()));
  Tensor tensor{TF_AllocateTensor(TF_FLOAT, input.shape.data(), input.shape.size(), data.ByteLength())};
  std::memcpy(TF_TensorData(tensor.get()), data.Data(), data.ByteLength());
  return tensor;
}

Napi::Float32Array arrayOf(Napi::Env env, const TF_Tensor *tensor) {
  if (TF_TensorType(tensor) != TF_FLOAT) throw std::runtime_error("an output that is not of floats");
  const size_t bytes = TF_TensorByteSize(tensor);
  Napi::Float32Array array = Napi::Float32Array::New(env, bytes / sizeof(float));
  std::memcpy(array.Data(), TF_TensorData(tensor), bytes);
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

std::vector<Tensor> tensorsOf(const Call &call, const Napi::Value &feeds) {
  std::vector<Tensor> tensors;
  each(feeds, [&](uint32_t i, Napi::Value feed) {
    tensors.push_back(tensorOf(call.inputs.at(i), feed.As<Napi::Float32Array>()));
  });
  if (tensors.size() != call.inputs.size()) throw std::range_error("as many feeds as inputs are expected");
  return tensors;
}

Napi::Array arraysOf(Napi::Env env, const std::vector<Tensor> &tensors) {
  Napi::Array arrays = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); i++) arrays.Set(i, arrayOf(env, tensors[i].get()));
  return arrays;
}

Call callOf(const Session &session, const Napi::Object &object) {
  Call call;
  each(object.Get("inputs"), [&](uint32_t, Napi::Value input) {
    call.inputs.push_back(inputOf(session, input.As<Napi::Object>()));
  });
  for (const std::string &name : stringsOf(object.Get("outputs"))) call.outputs.push_back(session.output(name));
  for (const std::string &name : stringsOf(object.Get("targets"))) call.targets.push_back(session.operation(name));
  return call;
}
