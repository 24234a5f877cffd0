// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"
#include "common/device/tile_mfma.hpp"
#include "common/device/tile_mma_sync.hpp"
#include "tests/kernel/scene.hpp"

/// How the tests of kernels go: a Pipeline says which kernels make a forward and a backward of a Scene; expect_case
/// runs it on a verify::Case and holds the result against the fp64 reference, within the bound of
/// tools/verify/compare.hpp.
namespace flashrnn::kernel::test {

using simt::Simt32;
using simt::Simt64;

template <class Cell>
constexpr reference::Cell reference_cell() {
  for (const reference::Cell cell : reference::kCells) {
    if (reference::find_cell(Cell::kName) == cell) return cell;
  }
  return reference::Cell::kLstm;
}

template <class E>
inline constexpr flashrnn_dtype kDtypeOf = FLASHRNN_F32;
template <>
inline constexpr flashrnn_dtype kDtypeOf<Bf16> = FLASHRNN_BF16;
template <>
inline constexpr flashrnn_dtype kDtypeOf<Fp16> = FLASHRNN_F16;

/// A case of a kernel's cell and types, everything else as little as can be.
template <class C>
verify::Case case_of(const std::string& name, std::int64_t batch, std::int64_t time, std::int64_t heads,
                     std::int64_t head_dim) {
  verify::Case test;
  test.cell = *reference::find_cell(C::Cell::kName);
  test.dtype = kDtypeOf<typename C::Element>;
  test.state_dtype = kDtypeOf<typename C::StateElement>;
  test.batch = batch;
  test.time = time;
  test.heads = heads;
  test.head_dim = head_dim;
  test.name = name + "/" + C::Cell::kName + "/" + verify::dtype_name(test.dtype) + "/" + verify::shape_text(test);
  return test;
}

/// Pipeline: `template <class D, class C> static bool forward(Scene<D, C>&, const verify::Case&)` and the same for
/// backward (called with training), false when a launch failed.
template <class Pipeline, class D, class C>
verify::CaseResult run_scene(const verify::Case& test) {
  verify::CaseResult failed;
  failed.error_in_allowed_units = INFINITY;
  failed.message = "a launch failed";
  Scene<D, C> scene(test);
  if (!Pipeline::forward(scene, test) || (test.training && !Pipeline::backward(scene, test))) return failed;
  scene.check_gaps();
  const verify::CaseData& data = scene.data();
  const verify::View view = [&](const reference::Result& result) { return verify::case_view(test, result); };
  const reference::Result expected = reference::run(data.problem, data.inputs, data.output_gradients);
  return verify::compare(test, data, view, view(verify::as_called(test, data, expected)), scene.result());
}

/// Where relu or a clamp has its kink, a rounding may decide on which side a step is: then other numbers have to hold.
template <class Pipeline, class D, class C>
void expect_case(verify::Case test) {
  const bool kinks = test.training && (test.cell == reference::Cell::kElmanRelu || test.forward_clip > 0.0);
  verify::CaseResult result = run_scene<Pipeline, D, C>(test);
  for (int i = 0; i < 3 && !result.ok && kinks && std::isfinite(result.error_in_allowed_units); ++i) {
    test.seed = test.seed * 6364136223846793005U + 1442695040888963407U;
    result = run_scene<Pipeline, D, C>(test);
  }
  EXPECT_TRUE(result.ok) << test.name << " (" << D::kWarpSize << " lanes): " << result.message;
}

/// The options, each on its own and all together, on the given base case.
inline std::vector<verify::Case> option_cases(const verify::Case& base) {
  std::vector<verify::Case> cases;
  const auto add = [&](const char* what, auto&& change) {
    verify::Case test = base;
    test.name += std::string("/") + what;
    test.seed = base.seed + cases.size();
    change(test);
    cases.push_back(test);
  };
  add("plain", [](auto&) {});
  add("inference", [](auto& c) { c.training = false, c.output_sequence = FLASHRNN_SEQUENCE_H; });
  add("last", [](auto& c) { c.training = false, c.output_sequence = FLASHRNN_SEQUENCE_NONE; });
  add("null", [](auto& c) {
    c.bias = c.initial = c.dfinal = false;
    c.output_sequence = c.gradient_sequence = FLASHRNN_SEQUENCE_H;
    c.omit = verify::kOmitFinal | verify::kOmitDInitial | verify::kOmitDWx;
  });
  add("alias", [](auto& c) { c.alias_final = true; });
  add("lengths", [](auto& c) { c.lengths = true; });
  add("packed", [](auto& c) { c.packed = true; });
  add("reverse", [](auto& c) { c.reverse = true; });
  add("resets", [](auto& c) { c.resets = true; });
  add("resets_to_zero", [](auto& c) { c.resets = true, c.reset_states = false, c.omit = verify::kOmitDReset; });
  add("forward_clip", [](auto& c) { c.forward_clip = 0.3; });
  add("gradient_clip", [](auto& c) { c.gradient_clip = 0.4; });
  add("gradient_cut", [](auto& c) { c.gradient_cut = true; });
  add("recompute", [](auto& c) { c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE; });
  add("gradient_none", [](auto& c) { c.gradient_sequence = FLASHRNN_SEQUENCE_NONE; });
  add("time_major", [](auto& c) { c.placement = verify::Placement::kTimeMajor; });
  add("padded_all", [](auto& c) {
    c.placement = verify::Placement::kPadded;
    c.lengths = c.resets = c.reverse = true;
    c.forward_clip = 0.6, c.gradient_clip = 0.5;
    c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  });
  add("packed_all", [](auto& c) {
    c.packed = c.resets = c.reverse = c.gradient_cut = true;
    c.forward_clip = 0.6, c.gradient_clip = 0.5;
  });
  add("packed_recompute", [](auto& c) {
    c.packed = c.resets = true;
    c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  });
  add("nan", [](auto& c) { c.nan_input = true; });
  return cases;
}

}  // namespace flashrnn::kernel::test
