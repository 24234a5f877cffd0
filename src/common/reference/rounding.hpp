// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// Rounding of fp64 values to the formats that the library computes in. All rounding is to nearest, ties to even, in a
/// single step from fp64; overflow gives infinity, NaN stays NaN, and subnormals are kept.
namespace flashrnn::reference {

/// kTf32 as a precision to compute in: the operands of matrix products are rounded to it, everything else to fp32.
enum class Precision { kF64, kF32, kTf32, kF16, kBf16 };

/// A binary format: significand bits (the hidden one included) and the exponent range of its normal numbers.
struct Format {
  int significand_bits;
  int min_exponent;
  int max_exponent;
};

constexpr Format format_of(Precision precision) {
  switch (precision) {
    case Precision::kF32:
      return {24, -126, 127};
    case Precision::kTf32:
      return {11, -126, 127};
    case Precision::kF16:
      return {11, -14, 15};
    case Precision::kBf16:
      return {8, -126, 127};
    case Precision::kF64:
      break;
  }
  return {53, -1022, 1023};
}

/// 2^exponent for a normal fp64 exponent.
constexpr double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

template <Precision kPrecision>
double round_to(double x) {
  if constexpr (kPrecision == Precision::kF64) {
    return x;
  } else {
    constexpr Format kFormat = format_of(kPrecision);
    if (!std::isfinite(x)) return x;
    constexpr double kOverflow = power_of_two(kFormat.max_exponent + 1);
    if (std::fabs(x) >= kOverflow) return std::copysign(std::numeric_limits<double>::infinity(), x);
    const int own_exponent = static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 52 & 0x7FF) - 1023;
    const int exponent = own_exponent < kFormat.min_exponent ? kFormat.min_exponent : own_exponent;
    // Adding 1.5 * 2^52 units of the last place leaves exactly the wanted bits; fp64 addition rounds to nearest even.
    const double magic = 1.5 * power_of_two(exponent - (kFormat.significand_bits - 1) + 52);
    const double rounded = std::copysign((x + magic) - magic, x);
    return std::fabs(rounded) >= kOverflow ? std::copysign(std::numeric_limits<double>::infinity(), x) : rounded;
  }
}

double round_to(Precision precision, double x);

/// The largest relative error of rounding a normal number.
double unit_roundoff(Precision precision);
double smallest_subnormal(Precision precision);

/// The 16 bits of `x` rounded to the format (kF16 or kBf16); NaN gives a quiet NaN of the same sign.
std::uint16_t to_bits16(Precision precision, double x);
double from_bits16(Precision precision, std::uint16_t bits);

/// Policies of the step functions. Exact is the oracle. Rounded is an eager framework of low precision: `round` is
/// applied to whatever an operation produces, `operand` to what a matrix product reads; products accumulate in fp32.
struct Exact {
  using Sum = double;
  static double round(double x) { return x; }
  static double operand(double x) { return x; }
};

template <Precision kPrecision>
struct Rounded {
  using Sum = float;
  static double round(double x) { return round_to<kPrecision>(x); }
  static double operand(double x) { return x; }
};

struct Tf32Products : Rounded<Precision::kF32> {
  static double operand(double x) { return round_to<Precision::kTf32>(x); }
};

}  // namespace flashrnn::reference
