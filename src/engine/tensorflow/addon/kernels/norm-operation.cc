/** Batch norm by the statistics of the batch as an operation of TensorFlow. */
#include <cmath>
#include "norm.h"
#include "operation.h"

namespace {

/** The variance is that of a sample, one less than the rows in the denominator; `spread` is the mean square. */
REGISTER_OP("EspalierBatchNorm")
    .Input("x: float")
    .Input("scale: float")
    .Input("shift: float")
    .Output("y: float")
    .Output("mean: float")
    .Output("variance: float")
    .Output("spread: float")
    .Attr("epsilon: float")
    .Attr("threads: int = 1")
    .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
      context->set_output(0, context->input(0));
      for (int nth = 1; nth < 4; nth++) context->set_output(nth, context->input(1));
      return absl::OkStatus();
    });

class BatchNorm : public SharedOperation {
 public:
  explicit BatchNorm(OpKernelConstruction *construction)
      : SharedOperation(construction), epsilon_(attributeOf<float>(construction, "epsilon")) {}

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0), &scale = context->input(1), &shift = context->input(2);
    const int channels = static_cast<int>(scale.NumElements());
    const Rows rows{static_cast<int>(x.NumElements() / channels), channels};
    tensorflow::Tensor *y = nullptr, *statistics[3], memory;
    OP_REQUIRES_OK(context, context->allocate_output(0, x.shape(), &y));
    for (int nth = 0; nth < 3; nth++)
      OP_REQUIRES_OK(context, context->allocate_output(nth + 1, scale.shape(), &statistics[nth]));
    OP_REQUIRES_OK(context, allocate(context, 2 * static_cast<size_t>(channels) * (rows.chunks() + 1), memory));
    float *line = floatsOf(memory), *moments = line + 2 * channels;
    float *mean = floatsOf(*statistics[0]), *variance = floatsOf(*statistics[1]), *spread = floatsOf(*statistics[2]);
    share(context, rows.chunks(), rows.floats(),
          [&](int begin, int end) { chunkMoments(rows, floatsOf(x), begin, end, moments); });
    combine(rows, moments, mean, spread);
    for (int channel = 0; channel < channels; channel++) {
      variance[channel] = spread[channel] * rows.count / std::max(1, rows.count - 1);
      line[channel] = floatsOf(scale)[channel] / std::sqrt(spread[channel] + epsilon_);
      line[channels + channel] = floatsOf(shift)[channel] - mean[channel] * line[channel];
    }
    share(context, rows.chunks(), rows.floats(), [&](int begin, int end) {
      scaleRows(rows, floatsOf(x), line, line + channels, begin, end, floatsOf(*y));
    });
  }

 private:
  const float epsilon_;
};

REGISTER_KERNEL_BUILDER(Name("EspalierBatchNorm").Device(tensorflow::DEVICE_CPU), BatchNorm);

}  // namespace
