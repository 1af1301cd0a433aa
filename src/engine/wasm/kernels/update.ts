/** What changes variables, in place. */

/** keep · old + (1 − keep) · value */
export function average(
  from: i32, to: i32, // vectors of four
  variable: usize, value: usize, keep: f64,
): void {
  const kept = f32x4.splat(<f32>keep), rest = f32x4.splat(<f32>(1 - keep))
  for (let at = <usize>from << 4, end = <usize>to << 4; at < end; at += 16)
    v128.store(variable + at, f32x4.add(f32x4.mul(v128.load(variable + at), kept), f32x4.mul(v128.load(value + at), rest)))
}

/** v ← momentum · v + g; w ← w − rate · v, or − rate · (g + momentum · v). */
export function momentum(
  from: i32, to: i32, // vectors of four
  variable: usize, velocity: usize, gradient: usize, rate: usize, share: f32, nesterov: i32,
): void {
  const pace = v128.load32_splat(rate), kept = f32x4.splat(share)
  for (let at = <usize>from << 4, end = <usize>to << 4; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const v = f32x4.add(f32x4.mul(v128.load(velocity + at), kept), g)
    const way = nesterov ? f32x4.add(g, f32x4.mul(v, kept)) : v
    v128.store(velocity + at, v)
    v128.store(variable + at, f32x4.sub(v128.load(variable + at), f32x4.mul(way, pace)))
  }
}

/** w ← w − rate · √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε). Source  Kingma and Ba 2015, the form before its section 2.1 */
export function adam(
  from: i32, to: i32, // vectors of four
  variable: usize, first: usize, second: usize, gradient: usize, rate: usize, power1: usize, power2: usize,
  beta1: f64, beta2: f64, epsilon: f32,
): void {
  const pace = f32x4.splat(load<f32>(rate) * sqrt<f32>(1 - load<f32>(power2)) / (1 - load<f32>(power1)))
  const keep1 = f32x4.splat(<f32>beta1), rest1 = f32x4.splat(<f32>(1 - beta1))
  const keep2 = f32x4.splat(<f32>beta2), rest2 = f32x4.splat(<f32>(1 - beta2))
  const floor = f32x4.splat(epsilon)
  for (let at = <usize>from << 4, end = <usize>to << 4; at < end; at += 16) {
    const g = v128.load(gradient + at)
    const m = f32x4.add(f32x4.mul(v128.load(first + at), keep1), f32x4.mul(g, rest1))
    const v = f32x4.add(f32x4.mul(v128.load(second + at), keep2), f32x4.mul(f32x4.mul(g, g), rest2))
    v128.store(first + at, m)
    v128.store(second + at, v)
    const way = f32x4.div(f32x4.mul(pace, m), f32x4.add(f32x4.sqrt(v), floor))
    v128.store(variable + at, f32x4.sub(v128.load(variable + at), way))
  }
}
