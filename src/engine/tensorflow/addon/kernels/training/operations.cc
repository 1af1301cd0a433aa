/** Depthwise convolutions, and the gradients of convolutions, as operations of TensorFlow, for weights that change. */
#include "../channelwise.h"
#include "../operation/operation.h"
#include "depthwise-gradient.h"
#include "input-gradient.h"
#include "pointwise-gradient.h"

namespace {

/** With `turned` the gradient to a map, from signals x: by the kernel turned by half a turn. */
REGISTER_OP("EspalierDepthwiseConv")
    .Input("x: float")
    .Input("kernel: float")
    .Output("y: float")
    .Attr("window: list(int)")
    .Attr("turned: bool = false")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

REGISTER_OP("EspalierDepthwiseKernel")
    .Input("x: float")
    .Input("dy: float")
    .Output("dk: float")
    .Attr("size: list(int)")
    .Attr("window: list(int)")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

/** Of a kernel of 1×1. */
REGISTER_OP("EspalierPointwiseKernel")
    .Input("x: float")
    .Input("dy: float")
    .Output("dk: float")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

/** To a map of `map`: image, row, column, channel. */
REGISTER_OP("EspalierConvInput")
    .Input("dy: float")
    .Input("kernel: float")
    .Output("dx: float")
    .Attr("map: list(int)")
    .Attr("window: list(int)")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

/** The taps in the opposite order. */
Floats turn(const float *kernel, int taps, int channels) {
  Floats turned(static_cast<size_t>(taps) * channels);
  for (int tap = 0; tap < taps; tap++)
    std::copy_n(kernel + static_cast<size_t>(tap) * channels, channels,
                turned.data() + static_cast<size_t>(taps - 1 - tap) * channels);
  return turned;
}

class DepthwiseConv : public SharedOperation {
 public:
  explicit DepthwiseConv(OpKernelConstruction *construction)
      : SharedOperation(construction),
        window_(attributeOf<std::vector<int>>(construction, "window")),
        turned_(attributeOf<bool>(construction, "turned")) {}

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0), &kernel = context->input(1);
    const int height = static_cast<int>(kernel.dim_size(0)), width = static_cast<int>(kernel.dim_size(1));
    const Map map = mapOf(x.shape());
    const Floats turned = turned_ ? turn(floatsOf(kernel), height * width, map.channels) : Floats();
    const Floats ones(map.channels, 1.0f), zeros(map.channels, 0.0f);
    const Channelwise convolution(windowOf(height, width, window_), map, Clamp::none,
                                  turned_ ? turned.data() : floatsOf(kernel), ones.data(), zeros.data());
    tensorflow::Tensor *y = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, shapeOf(convolution.y()), &y));
    share(context, convolution.parts(), convolution.work(),
          [&](int begin, int end) { convolution.run(floatsOf(x), floatsOf(*y), begin, end); });
  }

 private:
  const std::vector<int> window_;
  const bool turned_;
};

/** A gradient to a kernel, of which each thread sums a share. */
class KernelOperation : public SharedOperation {
  using SharedOperation::SharedOperation;

 protected:
  template <typename Gradient>
  void compute(OpKernelContext *context, const Gradient &gradient, const tensorflow::TensorShape &kernel) const {
    const float *x = floatsOf(context->input(0)), *dy = floatsOf(context->input(1));
    tensorflow::Tensor *dk = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, kernel, &dk));
    const auto sum = [&](int begin, int end, float *sums) { gradient.run(x, dy, begin, end, sums); };
    OP_REQUIRES_OK(context, shareSums(context, gradient.parts(), gradient.work(), *dk, sum));
  }
};

class DepthwiseKernel : public KernelOperation {
 public:
  explicit DepthwiseKernel(OpKernelConstruction *construction)
      : DepthwiseKernel(construction, attributeOf<std::vector<int>>(construction, "size")) {}

  void Compute(OpKernelContext *context) override {
    const Map x = mapOf(context->input(0).shape()), y = mapOf(context->input(1).shape());
    compute(context, DepthwiseGradient(window_, x, y), {window_.height, window_.width, x.channels, 1});
  }

 private:
  DepthwiseKernel(OpKernelConstruction *construction, const std::vector<int> &size)
      : KernelOperation(construction),
        window_(windowOf(size.at(0), size.at(1), attributeOf<std::vector<int>>(construction, "window"))) {}

  const Window window_;
};

class PointwiseKernel : public KernelOperation {
 public:
  using KernelOperation::KernelOperation;

  void Compute(OpKernelContext *context) override {
    const Map x = mapOf(context->input(0).shape()), y = mapOf(context->input(1).shape());
    compute(context, PointwiseGradient(x, y.channels), {1, 1, x.channels, y.channels});
  }
};

class ConvInput : public SharedOperation {
 public:
  explicit ConvInput(OpKernelConstruction *construction)
      : SharedOperation(construction),
        window_(attributeOf<std::vector<int>>(construction, "window")),
        map_(attributeOf<std::vector<int>>(construction, "map")) {}

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &dy = context->input(0), &kernel = context->input(1);
    const Map x{map_.at(0), map_.at(1), map_.at(2), map_.at(3)};
    const auto size = [&](int axis) { return static_cast<int>(kernel.dim_size(axis)); };
    const InputGradient gradient(windowOf(size(0), size(1), window_), x, mapOf(dy.shape()));
    tensorflow::Tensor packed, *dx = nullptr;
    OP_REQUIRES_OK(context, allocate(context, gradient.floats(), packed));
    OP_REQUIRES_OK(context, context->allocate_output(0, shapeOf(x), &dx));
    gradient.pack(floatsOf(kernel), floatsOf(packed));
    share(context, gradient.parts(), gradient.work(),
          [&](int begin, int end) { gradient.run(floatsOf(dy), floatsOf(packed), begin, end, floatsOf(*dx)); });
  }

 private:
  const std::vector<int> window_, map_;
};

REGISTER_KERNEL_BUILDER(Name("EspalierConvInput").Device(tensorflow::DEVICE_CPU), ConvInput);
REGISTER_KERNEL_BUILDER(Name("EspalierDepthwiseConv").Device(tensorflow::DEVICE_CPU), DepthwiseConv);
REGISTER_KERNEL_BUILDER(Name("EspalierDepthwiseKernel").Device(tensorflow::DEVICE_CPU), DepthwiseKernel);
REGISTER_KERNEL_BUILDER(Name("EspalierPointwiseKernel").Device(tensorflow::DEVICE_CPU), PointwiseKernel);

}  // namespace
