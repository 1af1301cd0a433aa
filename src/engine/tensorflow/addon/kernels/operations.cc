/** The kernels as operations of TensorFlow, for graphs whose weights are constants. */
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/shape_inference.h"

#include "convolution.h"
#include "parallel.h"

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;

namespace {

/**
 * Of x, and of none or one map to add: a kernel, what its filters are multiplied by and what is added to them are attributes,
 * for a constant is a node, which takes time in each run.
 */
REGISTER_OP("EspalierConv")
    .Input("x: float")
    .Input("sides: count * float")
    .Output("y: float")
    .Attr("count: int >= 0 = 0")
    .Attr("kernel: tensor")
    .Attr("scale: tensor")
    .Attr("shift: tensor")
    .Attr("window: list(int)")
    .Attr("clamp: int = 0")
    .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
      context->set_output(0, context->UnknownShapeOfRank(4));
      return absl::OkStatus();
    });

const float *floatsOf(const tensorflow::Tensor &tensor) { return tensor.flat<float>().data(); }

Map mapOf(const tensorflow::TensorShape &shape) {
  const auto size = [&](int axis) { return static_cast<int>(shape.dim_size(axis)); };
  return {size(0), size(1), size(2), size(3)};
}

/** A window's strides and padding: down, across, top, bottom, left, right. */
Window windowOf(const tensorflow::TensorShape &kernel, const std::vector<int> &at) {
  return {static_cast<int>(kernel.dim_size(0)), static_cast<int>(kernel.dim_size(1)), at.at(0), at.at(1), at.at(2),
          at.at(3), at.at(4), at.at(5)};
}

class ConvolutionKernel : public OpKernel {
 public:
  explicit ConvolutionKernel(OpKernelConstruction *construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("kernel", &kernel_));
    OP_REQUIRES_OK(construction, construction->GetAttr("scale", &scale_));
    OP_REQUIRES_OK(construction, construction->GetAttr("shift", &shift_));
    OP_REQUIRES_OK(construction, construction->GetAttr("window", &window_));
    OP_REQUIRES_OK(construction, construction->GetAttr("clamp", &clamp_));
  }

  void Compute(OpKernelContext *context) override {
    std::call_once(once_, [&] { prepare(context); });
    const tensorflow::TensorShape &x = context->input(0).shape();
    tensorflow::Tensor *output = nullptr;
    OP_REQUIRES(context, x == x_, tensorflow::errors::InvalidArgument("a map of another size"));
    OP_REQUIRES_OK(context, context->allocate_output(0, y_, &output));
    const float *side = context->num_inputs() > 1 ? floatsOf(context->input(1)) : nullptr;
    const float *from = floatsOf(context->input(0));
    float *to = output->flat<float>().data();
    share(context, convolution_->parts(), convolution_->macs(),
          [&](int begin, int end) { convolution_->run(from, side, to, begin, end); });
  }

 private:
  /** Packs the filters at the first call, which tells the size of the map. */
  void prepare(OpKernelContext *context) {
    const tensorflow::TensorShape &kernel = kernel_.shape();
    const Window window = windowOf(kernel, window_);
    const int filters = static_cast<int>(kernel.dim_size(3));
    x_ = context->input(0).shape();
    const Map x = mapOf(x_);
    y_ = {x.images, window.rows(x.rows), window.columns(x.columns), filters};
    convolution_ = std::make_unique<Convolution>(window, x, filters, static_cast<Clamp>(clamp_),
                                                 floatsOf(kernel_), floatsOf(scale_), floatsOf(shift_));
  }

  tensorflow::Tensor kernel_, scale_, shift_;
  std::vector<int> window_;
  int clamp_ = 0;
  std::once_flag once_;
  tensorflow::TensorShape x_, y_;
  std::unique_ptr<Convolution> convolution_;
};

REGISTER_KERNEL_BUILDER(Name("EspalierConv").Device(tensorflow::DEVICE_CPU), ConvolutionKernel);

}  // namespace
