/** What operations of TensorFlow are made of. */
#pragma once
#include <vector>
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "parallel.h"
#include "window.h"

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;

inline absl::Status unknownMap(tensorflow::shape_inference::InferenceContext *context) {
  context->set_output(0, context->UnknownShapeOfRank(4));
  return absl::OkStatus();
}

inline const float *floatsOf(const tensorflow::Tensor &tensor) { return tensor.flat<float>().data(); }
inline float *floatsOf(tensorflow::Tensor &tensor) { return tensor.flat<float>().data(); }

inline Map mapOf(const tensorflow::TensorShape &shape) {
  const auto size = [&](int axis) { return static_cast<int>(shape.dim_size(axis)); };
  return {size(0), size(1), size(2), size(3)};
}

inline tensorflow::TensorShape shapeOf(const Map &map) { return {map.images, map.rows, map.columns, map.channels}; }

/** Memory for as long as an operation runs. */
inline absl::Status allocate(OpKernelContext *context, size_t floats, tensorflow::Tensor &memory) {
  return context->allocate_temp(tensorflow::DT_FLOAT, {static_cast<int64_t>(floats)}, &memory);
}

template <typename Value>
Value attributeOf(OpKernelConstruction *construction, const char *name) {
  Value value{};
  construction->SetStatus(construction->GetAttr(name, &value));
  return value;
}
