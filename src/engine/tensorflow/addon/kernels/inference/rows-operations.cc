/** Maps beside each other, and the sum of a map's pixels, as operations of TensorFlow. */
#include "../operation/operation.h"
#include "rows.h"

namespace {

/** Along the last axis; the others are alike. */
REGISTER_OP("EspalierConcat")
    .Input("parts: count * float")
    .Output("y: float")
    .Attr("count: int >= 1")
    .Attr("threads: int = 1")
    .SetShapeFn(sameRank);

/** Shapes  [images, rows, columns, channels] → [images, channels] */
REGISTER_OP("EspalierSum")
    .Input("x: float")
    .Output("y: float")
    .Attr("threads: int = 1")
    .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
      context->set_output(0, context->UnknownShapeOfRank(2));
      return absl::OkStatus();
    });

/** The work for a float, in the unit of `share`. */
constexpr double cost = 8;

class Concat : public SharedOperation {
 public:
  using SharedOperation::SharedOperation;

  void Compute(OpKernelContext *context) override {
    tensorflow::TensorShape shape = context->input(0).shape();
    const int last = shape.dims() - 1;
    std::vector<Columns> parts;
    int channels = 0;
    for (int nth = 0; nth < context->num_inputs(); nth++) {
      const tensorflow::Tensor &part = context->input(nth);
      parts.push_back({floatsOf(part), static_cast<int>(part.dim_size(last))});
      channels += parts.back().channels;
    }
    shape.set_dim(last, channels);
    tensorflow::Tensor *y = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &y));
    const int64_t floats = shape.num_elements();
    share(context, static_cast<int>(floats / channels), cost * floats,
          [&](int begin, int end) { joinRows(parts, begin, end, floatsOf(*y)); });
  }
};

class Sum : public SharedOperation {
 public:
  using SharedOperation::SharedOperation;

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0);
    const Map map = mapOf(x.shape());
    tensorflow::Tensor *y = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, {map.images, map.channels}, &y));
    share(context, map.images, cost * x.NumElements(), [&](int begin, int end) {
      for (int image = begin; image < end; image++)
        sumRows(floatsOf(x) + image * map.image(), map.rows * map.columns, map.channels,
                floatsOf(*y) + static_cast<size_t>(image) * map.channels);
    });
  }
};

REGISTER_KERNEL_BUILDER(Name("EspalierConcat").Device(tensorflow::DEVICE_CPU), Concat);
REGISTER_KERNEL_BUILDER(Name("EspalierSum").Device(tensorflow::DEVICE_CPU), Sum);

}  // namespace
