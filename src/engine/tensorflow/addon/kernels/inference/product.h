/** A convolution by filters that never change, with what follows it: a bias, a sum with another map, and a clamp. */
#pragma once
#include "../maps/clamp.h"
#include "../maps/window.h"

class Product {
 public:
  virtual ~Product() = default;

  /** The parts that threads may share in any way. */
  virtual int parts() const = 0;
  /** In the unit of `share`. */
  virtual double work() const = 0;
  virtual const Map &y() const = 0;

  /** Computes some of the parts; `side`, which is added, may be null. */
  virtual void run(const float *x, const float *side, float *y, int begin, int end) const = 0;
};
