/** Batch norm by the statistics of the batch, and its gradients, as operations of TensorFlow. */
#include <cmath>
#include "norm.h"
#include "../operation/operation.h"

namespace {

/** The first output is like an input, x; the others have a number a channel, like the scale behind it. */
template <int x>
absl::Status mapAndChannels(tensorflow::shape_inference::InferenceContext *context) {
  context->set_output(0, context->input(x));
  for (int nth = 1; nth < context->num_outputs(); nth++) context->set_output(nth, context->input(x + 1));
  return absl::OkStatus();
}

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
    .SetShapeFn(mapAndChannels<0>);

/** From what the norm read and found: the gradients to x, to the scale and to the shift. */
REGISTER_OP("EspalierBatchNormGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("scale: float")
    .Input("mean: float")
    .Input("spread: float")
    .Output("dx: float")
    .Output("dscale: float")
    .Output("dshift: float")
    .Attr("epsilon: float")
    .Attr("threads: int = 1")
    .SetShapeFn(mapAndChannels<1>);

class NormOperation : public SharedOperation {
 public:
  explicit NormOperation(OpKernelConstruction *construction)
      : SharedOperation(construction), epsilon_(attributeOf<float>(construction, "epsilon")) {}

 protected:
  static Rows rowsOf(const tensorflow::Tensor &x, int channels) {
    return {static_cast<int>(x.NumElements() / channels), channels};
  }

  const float epsilon_;
};

class BatchNorm : public NormOperation {
 public:
  using NormOperation::NormOperation;

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0), &scale = context->input(1), &shift = context->input(2);
    const int channels = static_cast<int>(scale.NumElements());
    const Rows rows = rowsOf(x, channels);
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
    share(context, rows.chunks(), rows.floats(),
          [&](int begin, int end) { scaleRows(rows, floatsOf(x), line, line + channels, begin, end, floatsOf(*y)); });
  }
};

class BatchNormGrad : public NormOperation {
 public:
  using NormOperation::NormOperation;

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &dy = context->input(0), &x = context->input(1), &scale = context->input(2);
    const float *mean = floatsOf(context->input(3)), *spread = floatsOf(context->input(4));
    const int channels = static_cast<int>(scale.NumElements());
    const Rows rows = rowsOf(x, channels);
    tensorflow::Tensor *dx = nullptr, *dscale = nullptr, *dshift = nullptr, memory;
    OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({0}, 0, x.shape(), &dx));
    OP_REQUIRES_OK(context, context->allocate_output(1, scale.shape(), &dscale));
    OP_REQUIRES_OK(context, context->allocate_output(2, scale.shape(), &dshift));
    OP_REQUIRES_OK(context, allocate(context, static_cast<size_t>(channels) * (2 * rows.chunks() + 5), memory));
    float *factors = floatsOf(memory), *total = factors + 3 * channels, *sums = total + 2 * channels;
    share(context, rows.chunks(), rows.floats(),
          [&](int begin, int end) { chunkSignals(rows, floatsOf(dy), floatsOf(x), mean, begin, end, sums); });
    sumChunks(rows, sums, total);
    for (int channel = 0; channel < channels; channel++) {
      const float inverse = 1 / std::sqrt(spread[channel] + epsilon_), factor = floatsOf(scale)[channel] * inverse;
      const float signal = total[channel], weighted = total[channels + channel] * inverse;
      const float slope = -factor * inverse * weighted / rows.count;
      floatsOf(*dshift)[channel] = signal;
      floatsOf(*dscale)[channel] = weighted;
      factors[channel] = factor;
      factors[channels + channel] = slope;
      factors[2 * channels + channel] = -factor * signal / rows.count - slope * mean[channel];
    }
    share(context, rows.chunks(), rows.floats(),
          [&](int begin, int end) { mixRows(rows, floatsOf(dy), floatsOf(x), factors, begin, end, floatsOf(*dx)); });
  }
};

REGISTER_KERNEL_BUILDER(Name("EspalierBatchNormGrad").Device(tensorflow::DEVICE_CPU), BatchNormGrad);
REGISTER_KERNEL_BUILDER(Name("EspalierBatchNorm").Device(tensorflow::DEVICE_CPU), BatchNorm);

}  // namespace
