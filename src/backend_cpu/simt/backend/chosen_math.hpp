// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/math.hpp"

namespace flashrnn::simt {

enum class MathFlavour { kExact, kFast, kCoarse, kLinear };

/// Of the launch that runs on this thread.
inline thread_local MathFlavour math_flavour = MathFlavour::kExact;

/// Each function as the flavour that is chosen at run time has it.
struct ChosenFunctions {
#define FLASHRNN_SIMT_CHOOSE(name)             \
  template <class V>                           \
  static V name(V x) {                         \
    switch (math_flavour) {                    \
      case MathFlavour::kExact:                \
        return cell::ExactFunctions::name(x);  \
      case MathFlavour::kFast:                 \
        return cell::FastFunctions::name(x);   \
      case MathFlavour::kCoarse:               \
        return cell::CoarseFunctions::name(x); \
      case MathFlavour::kLinear:               \
        break;                                 \
    }                                          \
    return cell::LinearFunctions::name(x);     \
  }
  FLASHRNN_SIMT_CHOOSE(exp)
  FLASHRNN_SIMT_CHOOSE(sigmoid)
  FLASHRNN_SIMT_CHOOSE(tanh)
  FLASHRNN_SIMT_CHOOSE(log_sigmoid)
  FLASHRNN_SIMT_CHOOSE(log_sigmoid_grad)
  FLASHRNN_SIMT_CHOOSE(sigmoid_grad)
  FLASHRNN_SIMT_CHOOSE(tanh_grad)
  FLASHRNN_SIMT_CHOOSE(exp_grad)
#undef FLASHRNN_SIMT_CHOOSE
};

using ChosenMath = cell::Flavour<ChosenFunctions>;

}  // namespace flashrnn::simt
