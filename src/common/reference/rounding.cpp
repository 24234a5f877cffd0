// SPDX-License-Identifier: Apache-2.0
#include "common/reference/rounding.hpp"

namespace flashrnn::reference {

double round_to(Precision precision, double x) {
  switch (precision) {
    case Precision::kF32:
      return round_to<Precision::kF32>(x);
    case Precision::kTf32:
      return round_to<Precision::kTf32>(x);
    case Precision::kF16:
      return round_to<Precision::kF16>(x);
    case Precision::kBf16:
      return round_to<Precision::kBf16>(x);
    case Precision::kF64:
      break;
  }
  return x;
}

double unit_roundoff(Precision precision) { return power_of_two(-format_of(precision).significand_bits); }

double smallest_subnormal(Precision precision) {
  const Format format = format_of(precision);
  return std::ldexp(1.0, format.min_exponent - (format.significand_bits - 1));
}

std::uint16_t to_bits16(Precision precision, double x) {
  const Format format = format_of(precision);
  const int fraction_bits = format.significand_bits - 1;
  const auto exponent_ones = static_cast<std::uint32_t>(2 * format.max_exponent + 1) << fraction_bits;
  const std::uint32_t sign = std::signbit(x) ? 0x8000U : 0U;
  if (std::isnan(x)) return static_cast<std::uint16_t>(sign | exponent_ones | 1U << (fraction_bits - 1));
  const double magnitude = std::fabs(round_to(precision, x));
  if (std::isinf(magnitude)) return static_cast<std::uint16_t>(sign | exponent_ones);
  if (magnitude < power_of_two(format.min_exponent)) {
    return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(magnitude / smallest_subnormal(precision)));
  }
  const int exponent = std::ilogb(magnitude);
  const auto significand = static_cast<std::uint32_t>(std::ldexp(magnitude, fraction_bits - exponent));
  const auto biased = static_cast<std::uint32_t>(exponent + format.max_exponent - 1);
  // The hidden bit of the significand adds the missing one to the exponent.
  return static_cast<std::uint16_t>(sign | ((biased << fraction_bits) + significand));
}

double from_bits16(Precision precision, std::uint16_t bits) {
  const Format format = format_of(precision);
  const int fraction_bits = format.significand_bits - 1;
  const int exponent_ones = 2 * format.max_exponent + 1;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const int exponent = bits >> fraction_bits & exponent_ones;
  double magnitude = 0.0;
  if (exponent == exponent_ones) {
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = fraction * smallest_subnormal(precision);
  } else {
    magnitude = std::ldexp((1 << fraction_bits) + fraction, exponent - format.max_exponent - fraction_bits);
  }
  return std::copysign(magnitude, (bits & 0x8000) != 0 ? -1.0 : 1.0);
}

}  // namespace flashrnn::reference
