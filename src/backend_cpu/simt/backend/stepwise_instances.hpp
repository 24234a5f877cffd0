// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simt/backend/instance.hpp"
#include "backend_cpu/simt/backend/kernels.hpp"
#include "common/kernel/pack_weights_kernel.hpp"
#include "common/kernel/recompute_kernel.hpp"
#include "common/kernel/stepwise_backward_kernel.hpp"
#include "common/kernel/stepwise_forward_kernel.hpp"
#include "common/kernel/weight_gradient_kernel.hpp"
#include "common/kernel/weight_gradient_sum_kernel.hpp"

/// What every problem needs that runs stepwise.
namespace flashrnn::simt {

/// Two warps side by side over units, two over K: everything meets something to add up.
inline constexpr kernel::Tile kStepwiseTile = {.row_tiles = 1,
                                               .block_heads = 1,
                                               .group_blocks = 1,
                                               .block_unit_tiles = 2,
                                               .unit_warps = 2,
                                               .k_warps = 2,
                                               .warp_unit_tiles = 1,
                                               .warp_k_tiles = 1,
                                               .register_k = 0,
                                               .shared_k = 0,
                                               .stages = 3};
inline constexpr kernel::Tile kGradientTile = {.row_tiles = 1,
                                               .block_heads = 1,
                                               .group_blocks = 1,
                                               .block_unit_tiles = 1,
                                               .unit_warps = 2,
                                               .k_warps = 1,
                                               .warp_unit_tiles = 1,
                                               .warp_k_tiles = 1,
                                               .register_k = 0,
                                               .shared_k = 0,
                                               .stages = 2};

template <int Lanes, class Cell, class Element, class StateElement>
void add_steps(Kernels& kernels) {
  using gpu::KernelKind;
  kernels.push_back(make_instance<kernel::StepwiseForward, Lanes, Cell, Element, StateElement, kStepwiseTile>(
      KernelKind::kStepwiseForward));
  kernels.push_back(make_instance<kernel::StepwiseBackward, Lanes, Cell, Element, StateElement, kStepwiseTile>(
      KernelKind::kStepwiseBackward));
}

template <int Lanes, class Cell, class Element>
void add_stateless(Kernels& kernels) {
  using gpu::KernelKind;
  kernels.push_back(
      make_instance<kernel::PackWeights, Lanes, Cell, Element, float, kernel::Tile{}>(KernelKind::kPackWeights));
  kernels.push_back(
      make_instance<kernel::Recompute, Lanes, Cell, Element, float, kStepwiseTile>(KernelKind::kRecompute));
  kernels.push_back(
      make_instance<kernel::WeightGradient, Lanes, Cell, Element, float, kGradientTile>(KernelKind::kWeightGradient));
  kernels.push_back(make_instance<kernel::WeightGradientSum, Lanes, Cell, Element, float, kGradientTile>(
      KernelKind::kWeightGradientSum));
}

/// States of the types given.
template <int Lanes, class Cell, class Element, class... StateElements>
void add_stepwise(Kernels& kernels) {
  add_stateless<Lanes, Cell, Element>(kernels);
  (add_steps<Lanes, Cell, Element, StateElements>(kernels), ...);
}

/// Every combination of types.
template <int Lanes, class Cell>
void add_all_stepwise(Kernels& kernels) {
  add_stepwise<Lanes, Cell, float, float, device::Bf16, device::Fp16>(kernels);
  add_stepwise<Lanes, Cell, device::Bf16, float, device::Bf16, device::Fp16>(kernels);
  add_stepwise<Lanes, Cell, device::Fp16, float, device::Bf16, device::Fp16>(kernels);
}

}  // namespace flashrnn::simt
