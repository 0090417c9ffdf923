/**
 * `sum + a · b`: rounded once, by the processor's own instruction, in the binaries that need relaxed SIMD; twice in the
 * others.
 */
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, sum) : f32x4.add(sum, f32x4.mul(a, b));
}
