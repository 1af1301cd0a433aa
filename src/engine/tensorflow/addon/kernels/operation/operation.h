/** What operations of TensorFlow are made of. */
#pragma once
#include <vector>
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "parallel.h"
#include "../maps/window.h"

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;

inline absl::Status unknownMap(tensorflow::shape_inference::InferenceContext *context) {
  context->set_output(0, context->UnknownShapeOfRank(4));
  return absl::OkStatus();
}

/** As many axes as the first input has. */
inline absl::Status sameRank(tensorflow::shape_inference::InferenceContext *context) {
  context->set_output(0, context->UnknownShapeOfRank(context->Rank(context->input(0))));
  return absl::OkStatus();
}

inline const float *floatsOf(const tensorflow::Tensor &tensor) { return tensor.flat<float>().data(); }
inline float *floatsOf(tensorflow::Tensor &tensor) { return tensor.flat<float>().data(); }

/** Of rows [rows, channels], a map of one line. */
inline Map mapOf(const tensorflow::TensorShape &shape) {
  const auto size = [&](int axis) { return static_cast<int>(shape.dim_size(axis)); };
  return shape.dims() == 2 ? Map{1, 1, size(0), size(1)} : Map{size(0), size(1), size(2), size(3)};
}

inline tensorflow::TensorShape shapeOf(const Map &map) { return {map.images, map.rows, map.columns, map.channels}; }

/** Of a map of one line, its pixels as rows. */
inline tensorflow::TensorShape rowsOf(const Map &map) { return {map.columns, map.channels}; }

/** A window of `height` and `width`; `at` has its strides and padding: down, across, top, bottom, left, right. */
inline Window windowOf(int height, int width, const std::vector<int> &at) {
  return {height, width, at.at(0), at.at(1), at.at(2), at.at(3), at.at(4), at.at(5)};
}

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

/** An operation whose parts threads share, as many as its attribute says. */
class SharedOperation : public OpKernel {
 public:
  explicit SharedOperation(OpKernelConstruction *construction)
      : OpKernel(construction), threads_(attributeOf<int>(construction, "threads")) {}

 protected:
  template <typename Task>
  void share(OpKernelContext *context, int parts, double work, const Task &task) const {
    ::share(context, threads_, parts, work, task);
  }

  /** Sums over parts, `task(begin, end, sums)`: each thread has its own, which are added in one order always. */
  template <typename Task>
  absl::Status shareSums(OpKernelContext *context, int parts, double work, tensorflow::Tensor &total,
                         const Task &task) const {
    const size_t floats = total.NumElements();
    const int shares = std::min(parts, threadsOf(context));
    tensorflow::Tensor others;
    TF_RETURN_IF_ERROR(allocate(context, (shares - 1) * floats, others));
    float *sums = floatsOf(total), *more = floatsOf(others);
    const auto begin = [&](int nth) { return shareOf(parts, nth, shares); };
    share(context, shares, work, [&](int from, int to) {
      for (int nth = from; nth < to; nth++)
        task(begin(nth), begin(nth + 1), nth == 0 ? sums : more + (nth - 1) * floats);
    });
    for (size_t nth = 0; nth < (shares - 1) * floats; nth++) sums[nth % floats] += more[nth];
    return absl::OkStatus();
  }

 private:
  const int threads_;
};
