/** Convolutions by 3×3 that move by one, and their gradients, as operations of TensorFlow, for weights that change. */
#include "../operation/operation.h"
#include "convolve.h"
#include "gradient.h"

namespace {

/** With `turned` the gradient to a map, from signals x: by a kernel [3, 3, filters, channels], turned by half a turn. */
REGISTER_OP("EspalierTiledConv")
    .Input("x: float")
    .Input("kernel: float")
    .Output("y: float")
    .Attr("window: list(int)")
    .Attr("turned: bool = false")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

REGISTER_OP("EspalierTiledConvKernel")
    .Input("x: float")
    .Input("dy: float")
    .Output("dk: float")
    .Attr("window: list(int)")
    .Attr("threads: int = 1")
    .SetShapeFn(unknownMap);

constexpr int size = 3;

class TiledConv : public SharedOperation {
 public:
  explicit TiledConv(OpKernelConstruction *construction)
      : SharedOperation(construction),
        window_(windowOf(size, size, attributeOf<std::vector<int>>(construction, "window"))),
        turned_(attributeOf<bool>(construction, "turned")) {}

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0), &kernel = context->input(1);
    const Tiling tiling(mapOf(x.shape()), static_cast<int>(kernel.dim_size(turned_ ? 2 : 3)), window_);
    const Packing packing(tiling.x.channels, tiling.y.channels);
    tensorflow::Tensor packed, *y = nullptr;
    OP_REQUIRES_OK(context, allocate(context, packing.floats(), packed));
    OP_REQUIRES_OK(context, context->allocate_output(0, shapeOf(tiling.y), &y));
    float *to = floatsOf(packed);
    share(context, packing.rows(), static_cast<double>(packing.floats()),
          [&](int begin, int end) { packing.pack(floatsOf(kernel), turned_, begin, end, to); });
    share(context, tiling.count(), tiling.work(), [&](int begin, int end) {
      convolve(tiling, packing, floatsOf(x), to, {begin, end}, {0, packing.blocks()}, {}, floatsOf(*y));
    });
  }

 private:
  const Window window_;
  const bool turned_;
};

class TiledConvKernel : public SharedOperation {
 public:
  explicit TiledConvKernel(OpKernelConstruction *construction)
      : SharedOperation(construction), window_(windowOf(size, size, attributeOf<std::vector<int>>(construction, "window"))) {}

  void Compute(OpKernelContext *context) override {
    const tensorflow::Tensor &x = context->input(0), &dy = context->input(1);
    const Tiling tiling(mapOf(x.shape()), static_cast<int>(dy.dim_size(3)), window_);
    tensorflow::Tensor *dk = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, {3, 3, tiling.x.channels, tiling.y.channels}, &dk));
    OP_REQUIRES_OK(context,
                   shareSums(context, tiling.count(), tiling.work(), *dk, [&](int begin, int end, float *sums) {
                     convolveKernel(tiling, floatsOf(x), floatsOf(dy), begin, end, sums);
                   }));
  }

 private:
  const Window window_;
};

REGISTER_KERNEL_BUILDER(Name("EspalierTiledConv").Device(tensorflow::DEVICE_CPU), TiledConv);
REGISTER_KERNEL_BUILDER(Name("EspalierTiledConvKernel").Device(tensorflow::DEVICE_CPU), TiledConvKernel);

}  // namespace
