/** The kernels as operations of TensorFlow, for graphs whose weights are constants. */
#include <memory>
#include <mutex>

#include "../channelwise.h"
#include "convolution.h"
#include "../operation/operation.h"
#include "../winograd/tiled.h"

namespace {

/**
 * Of x, maps or rows, and of none or one of them to add: a kernel, what its filters are multiplied by and what is added to
 * them are attributes, for a constant is a node, which takes time in each run.
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
    .Attr("tiled: bool = false")
    .Attr("threads: int = 1")
    .SetShapeFn(sameRank);

REGISTER_OP("EspalierDepthwise")
    .Input("x: float")
    .Output("y: float")
    .Attr("kernel: tensor")
    .Attr("scale: tensor")
    .Attr("shift: tensor")
    .Attr("window: list(int)")
    .Attr("clamp: int = 0")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

REGISTER_OP("EspalierMaxPool")
    .Input("x: float")
    .Output("y: float")
    .Attr("size: list(int)")
    .Attr("window: list(int)")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

/** Filters that never change, what they are multiplied by, what is added to them, and the clamp behind them. */
struct Filters {
  explicit Filters(OpKernelConstruction *construction)
      : kernel(attributeOf<tensorflow::Tensor>(construction, "kernel")),
        scale(attributeOf<tensorflow::Tensor>(construction, "scale")),
        shift(attributeOf<tensorflow::Tensor>(construction, "shift")),
        clamp(static_cast<Clamp>(attributeOf<int>(construction, "clamp"))) {}

  int size(int axis) const { return static_cast<int>(kernel.dim_size(axis)); }

  tensorflow::Tensor kernel, scale, shift;
  Clamp clamp;
};

/** An operation on maps, whose `Kernel` is made at the first call: it tells their size. */
template <typename Kernel>
class MapOperation : public SharedOperation {
 public:
  MapOperation(OpKernelConstruction *construction, int height, int width)
      : SharedOperation(construction),
        window_(windowOf(height, width, attributeOf<std::vector<int>>(construction, "window"))) {}

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0);
    std::call_once(once_, [&] {
      x_ = x.shape();
      kernel_ = make(window_, mapOf(x_));
    });
    OP_REQUIRES(context, x.shape() == x_, tensorflow::errors::InvalidArgument("a map of another size"));
    const Map from = mapOf(x_);
    const Map y{from.images, window_.rows(from.rows), window_.columns(from.columns), kernel_->y().channels};
    tensorflow::Tensor *output = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, x.dims() == 2 ? rowsOf(y) : shapeOf(y), &output));
    float *to = floatsOf(*output);
    share(context, kernel_->parts(), kernel_->work(),
          [&](int begin, int end) { run(*kernel_, context, to, begin, end); });
  }

 private:
  virtual std::unique_ptr<Kernel> make(const Window &window, const Map &x) = 0;
  virtual void run(const Kernel &kernel, OpKernelContext *context, float *y, int begin, int end) const = 0;

  const Window window_;
  std::once_flag once_;
  tensorflow::TensorShape x_;
  std::unique_ptr<Kernel> kernel_;
};

/** An operation by filters, which its kernel packs. */
template <typename Kernel>
class FilterOperation : public MapOperation<Kernel> {
 public:
  explicit FilterOperation(OpKernelConstruction *construction)
      : FilterOperation(construction, Filters(construction)) {}

 protected:
  const Filters filters_;

 private:
  FilterOperation(OpKernelConstruction *construction, const Filters &filters)
      : MapOperation<Kernel>(construction, filters.size(0), filters.size(1)), filters_(filters) {}
};

class ConvolutionOperation : public FilterOperation<Product> {
 public:
  explicit ConvolutionOperation(OpKernelConstruction *construction)
      : FilterOperation(construction), tiled_(attributeOf<bool>(construction, "tiled")) {}

 private:
  std::unique_ptr<Product> make(const Window &window, const Map &x) override {
    return tiled_ ? productOf<TiledConvolution>(window, x) : productOf<Convolution>(window, x);
  }

  template <typename Kind>
  std::unique_ptr<Product> productOf(const Window &window, const Map &x) const {
    const auto &[kernel, scale, shift, clamp] = filters_;
    return std::make_unique<Kind>(window, x, filters_.size(3), clamp, floatsOf(kernel), floatsOf(scale),
                                  floatsOf(shift));
  }

  void run(const Product &kernel, OpKernelContext *context, float *y, int begin, int end) const override {
    const float *side = context->num_inputs() > 1 ? floatsOf(context->input(1)) : nullptr;
    kernel.run(floatsOf(context->input(0)), side, y, begin, end);
  }

  const bool tiled_;
};

void runEach(const Channelwise &kernel, OpKernelContext *context, float *y, int begin, int end) {
  kernel.run(floatsOf(context->input(0)), y, begin, end);
}

class DepthwiseOperation : public FilterOperation<Channelwise> {
  using FilterOperation::FilterOperation;

  std::unique_ptr<Channelwise> make(const Window &window, const Map &x) override {
    const auto &[kernel, scale, shift, clamp] = filters_;
    return std::make_unique<Channelwise>(window, x, clamp, floatsOf(kernel), floatsOf(scale), floatsOf(shift));
  }

  void run(const Channelwise &kernel, OpKernelContext *context, float *y, int begin, int end) const override {
    runEach(kernel, context, y, begin, end);
  }
};

class MaxPoolOperation : public MapOperation<Channelwise> {
 public:
  explicit MaxPoolOperation(OpKernelConstruction *construction)
      : MaxPoolOperation(construction, attributeOf<std::vector<int>>(construction, "size")) {}

 private:
  MaxPoolOperation(OpKernelConstruction *construction, const std::vector<int> &size)
      : MapOperation(construction, size.at(0), size.at(1)) {}

  std::unique_ptr<Channelwise> make(const Window &window, const Map &x) override {
    return std::make_unique<Channelwise>(window, x);
  }

  void run(const Channelwise &kernel, OpKernelContext *context, float *y, int begin, int end) const override {
    runEach(kernel, context, y, begin, end);
  }
};

REGISTER_KERNEL_BUILDER(Name("EspalierConv").Device(tensorflow::DEVICE_CPU), ConvolutionOperation);
REGISTER_KERNEL_BUILDER(Name("EspalierDepthwise").Device(tensorflow::DEVICE_CPU), DepthwiseOperation);
REGISTER_KERNEL_BUILDER(Name("EspalierMaxPool").Device(tensorflow::DEVICE_CPU), MaxPoolOperation);

}  // namespace
