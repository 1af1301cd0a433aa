/** A convolution by the definition. */
#pragma once
#include "../maps/floats.h"
#include "product.h"

class Convolution : public Product {
 public:
  /** Filters [row, column, channel, filter] are multiplied by `scale`, and `shift` is added; both have a number a filter. */
  Convolution(const Window &window, const Map &x, int filters, Clamp clamp, const float *kernel, const float *scale,
              const float *shift);

  int parts() const override {
    return static_cast<int>(is_by_pixels_ ? tiles_.size() : tiles_.size() * blocks_.size());
  }
  double work() const override;
  const Map &y() const override { return y_; }
  void run(const float *x, const float *side, float *y, int begin, int end) const override;

 private:
  /** Filters that are computed together: `width` registers of them. */
  struct Block {
    int first, width;
    size_t packed;
  };

  void divide(int widest);
  void pack(const float *kernel, const float *scale, const float *shift);
  void runTiles(const float *x, const float *side, float *y, const Range &tiles, const Range &blocks) const;
  void runTile(const Block &block, const Tile &tile, const Source &source, const float *side, float *y) const;

  Window window_;
  Map x_, y_;
  Clamp clamp_;
  bool is_by_pixels_;  // whether a part is a tile, or one block of its filters
  std::vector<Tile> tiles_;
  std::vector<Block> blocks_;
  Floats packed_;
};
