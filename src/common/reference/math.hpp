// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace flashrnn::reference {

/// Activations, and their derivatives as functions of what the forward had at hand. Comparisons are written such that
/// NaN passes through.
struct Math {
  bool linear;

  [[nodiscard]] double sigmoid(double x) const { return linear ? x : 1.0 / (1.0 + std::exp(-x)); }
  [[nodiscard]] double tanh(double x) const { return linear ? x : std::tanh(x); }
  [[nodiscard]] double exp(double x) const { return linear ? x : std::exp(x); }
  [[nodiscard]] double log_sigmoid(double x) const {
    return linear ? x : (x < 0.0 ? x : 0.0) - std::log1p(std::exp(-std::fabs(x)));
  }

  /// dx of y = sigmoid(x), from y and dy; likewise below.
  [[nodiscard]] double sigmoid_gradient(double dy, double y) const { return linear ? dy : dy * (y * (1.0 - y)); }
  [[nodiscard]] double tanh_gradient(double dy, double y) const { return linear ? dy : dy * (1.0 - y * y); }
  [[nodiscard]] double exp_gradient(double dy, double y) const { return linear ? dy : dy * y; }
  /// dx of y = log_sigmoid(x), from x.
  [[nodiscard]] double log_sigmoid_gradient(double dy, double x) const { return linear ? dy : dy * sigmoid(-x); }
};

inline double relu(double x) { return x <= 0.0 ? 0.0 : x; }
inline double relu_gradient(double dy, double x) { return x <= 0.0 ? 0.0 : dy; }
inline double maximum(double a, double b) { return a >= b || std::isnan(a) ? a : b; }

/// `limit` 0 = off.
inline double clamp(double x, double limit) {
  if (limit <= 0.0) return x;
  if (x > limit) return limit;
  return x < -limit ? -limit : x;
}
inline double clamp_gradient(double dy, double x, double limit) {
  return limit > 0.0 && std::fabs(x) > limit ? 0.0 : dy;
}

}  // namespace flashrnn::reference
