// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "backend_cpu/simt/launch.hpp"
#include "backend_cpu/simt/simt_device.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/device/tile_mfma.hpp"
#include "common/kernel/weight_gradient_kernel.hpp"
#include "common/kernel/weight_gradient_launch.hpp"
#include "common/kernel/weight_gradient_sum_kernel.hpp"

/// dR and db on the emulated device, beside two plain loops.
namespace flashrnn::kernel::test {

using device::Bf16;
using device::Fp16;
using device::Int64;

struct GradientCase {
  Int64 tokens = 1;  ///< room for so many
  Int64 heads = 1;
  int head_dim = 1;
  Int64 blocks = 1;
  Int64 packed_tokens = -1;  ///< the first of them count; -1: all, without packing
  bool accumulate = false;
  bool integers = true;  ///< small ones: every sum is exact
  std::uint64_t seed = 0;
  bool with_dr = true;
  bool with_dbias = true;
  bool slots_first = false;
};

struct GradientResult {
  std::vector<float> dr;     ///< [Gr, N, D, D]
  std::vector<float> dbias;  ///< [Gb, N, D]
  bool operator==(const GradientResult&) const = default;
};

/// A kernel's inputs and what the loops make of them.
template <class C>
struct GradientProblem {
  using Element = typename C::Element;
  using Cell = typename C::Cell;
  static constexpr int kSlots = Cell::kBiases + (C::Kernel::kTwoStages ? 1 : 0);
  static constexpr int kValues = 3;  ///< kept: h and two that nobody may read

  GradientCase x;
  int padded = 16;
  std::vector<Element> gradients, kept;
  GradientResult start;
  std::vector<double> dr, dbias;

  explicit GradientProblem(const GradientCase& c) : x(c) {
    padded = (x.head_dim + kDimPadding - 1) / kDimPadding * kDimPadding;
    std::mt19937_64 random(x.seed + 17);
    const auto value = [&]() -> float {
      const auto bits = static_cast<std::int64_t>(random() >> 40);
      if (x.integers) return static_cast<float>(bits % 7 - 3);
      return static_cast<float>(bits) / static_cast<float>(1 << 23) - 1.0F;
    };
    const Element poison = device::from_float<Element>(std::numeric_limits<float>::quiet_NaN());
    gradients.assign(static_cast<std::size_t>(x.tokens * x.heads * kSlots * padded), poison);
    kept.assign(static_cast<std::size_t>(x.tokens * x.heads * kValues * padded), poison);
    for (Int64 token = 0; token < count(); ++token) {
      for (Int64 n = 0; n < x.heads; ++n) {
        for (int d = 0; d < padded; ++d) {
          const auto next = [&] { return device::from_float<Element>(d < x.head_dim ? value() : 0.0F); };
          for (int slot = 0; slot < kSlots; ++slot) gradients[gradient_at(token, n, slot, d)] = next();
          kept[kept_at(token, n, d)] = next();
        }
      }
    }
    start.dr.resize(static_cast<std::size_t>(Cell::kRecurrentGates * x.heads * x.head_dim * x.head_dim));
    start.dbias.resize(static_cast<std::size_t>(Cell::kBiases * x.heads * x.head_dim));
    for (float& v : start.dr) v = static_cast<float>(random() % 9);
    for (float& v : start.dbias) v = static_cast<float>(random() % 9);
    reference();
  }

  [[nodiscard]] Int64 count() const { return x.packed_tokens < 0 ? x.tokens : x.packed_tokens; }
  [[nodiscard]] std::size_t gradient_at(Int64 token, Int64 n, int slot, int d) const {
    const Int64 at = x.slots_first ? (token * kSlots + slot) * x.heads + n : (token * x.heads + n) * kSlots + slot;
    return static_cast<std::size_t>(at * padded + d);
  }
  [[nodiscard]] std::size_t kept_at(Int64 token, Int64 n, int d) const {
    return static_cast<std::size_t>((token * x.heads + n) * kValues * padded + d);
  }

  void reference() {
    const auto gradient = [&](Int64 token, Int64 n, int slot, int d) {
      return static_cast<double>(device::to_float(gradients[gradient_at(token, n, slot, d)]));
    };
    for (int g = 0; g < Cell::kRecurrentGates; ++g) {
      const bool second = g >= C::Kernel::first_stage_gates();
      for (Int64 n = 0; n < x.heads; ++n) {
        for (int d = 0; d < x.head_dim; ++d) {
          for (int p = 0; p < x.head_dim; ++p) {
            double sum = x.accumulate ? static_cast<double>(start.dr[dr.size()]) : 0.0;
            for (Int64 token = 0; token < count(); ++token) {
              const double operand = second ? gradient(token, n, Cell::kBiases, p)
                                            : static_cast<double>(device::to_float(kept[kept_at(token, n, p)]));
              sum += gradient(token, n, Cell::recurrent_slot(g), d) * operand;
            }
            dr.push_back(sum);
          }
        }
      }
    }
    for (int slot = 0; slot < Cell::kBiases; ++slot) {
      for (Int64 n = 0; n < x.heads; ++n) {
        for (int d = 0; d < x.head_dim; ++d) {
          double sum = x.accumulate ? static_cast<double>(start.dbias[dbias.size()]) : 0.0;
          for (Int64 token = 0; token < count(); ++token) sum += gradient(token, n, slot, d);
          dbias.push_back(sum);
        }
      }
    }
  }
};

template <class D, class Kernel, class Parameters>
void launch_gradient(simt::Memory& memory, const char* name, Int64 blocks, Int64 shared, std::uint64_t seed,
                     const Parameters& parameters) {
  simt::LaunchConfig config;
  config.kernel = name;
  config.blocks = static_cast<int>(blocks);
  config.threads = Kernel::kThreads;
  config.shared_bytes = shared;
  config.seed = seed;
  const Status status = simt::launch<D>(config, memory, [&](D& dev) { Kernel::run(dev, parameters); });
  ASSERT_TRUE(status.ok()) << status.message();
}

template <class C>
weight_gradient::Launch launch_for(const GradientProblem<C>& problem) {
  weight_gradient::Problem p;
  p.tokens = problem.x.tokens;
  p.heads = problem.x.heads;
  p.padded_dim = problem.padded;
  p.gates = weight_gradient::Constants<C>::gates();
  p.element_bytes = sizeof(typename C::Element);
  return weight_gradient::launch_with(instruction_of<typename C::MatrixTile>(), p, {}, C::kTile);
}

/// Both kernels, with lanes in the order of `seed`.
template <class D, class C>
GradientResult run_gradient(GradientProblem<C>& problem, std::uint64_t seed) {
  const GradientCase& x = problem.x;
  const Instruction instruction = instruction_of<typename C::MatrixTile>();
  const weight_gradient::Launch launch = launch_for(problem);
  const Int64 pieces = launch.workspace_bytes / 4 / weight_gradient::piece_floats(instruction, C::kTile);
  const Int64 floats = (pieces - launch.blocks + x.blocks) * weight_gradient::piece_floats(instruction, C::kTile);
  std::vector<float> partial(static_cast<std::size_t>(floats));
  GradientResult result = problem.start;
  std::vector<Int64> cu_seqlens{0, problem.count() / 3, problem.count()};

  simt::Memory memory;
  WeightGradientParameters<D, typename C::Element> p;
  p.extents.batch = 2;
  p.extents.tokens = x.tokens;
  p.extents.heads = static_cast<Int32>(x.heads);
  p.extents.head_dim = x.head_dim;
  p.extents.padded_dim = problem.padded;
  if (x.packed_tokens >= 0) {
    p.extents.flags = kPacked;
    p.extents.cu_seqlens = memory.input("cu_seqlens", cu_seqlens.data(), 3);
  }
  const auto size = [](const auto& v) { return static_cast<Int64>(v.size()); };
  p.gradients = memory.input("gradients", problem.gradients.data(), size(problem.gradients));
  p.kept = memory.input("kept", problem.kept.data(), size(problem.kept));
  p.kept_values = GradientProblem<C>::kValues;
  p.accumulate = x.accumulate ? 1 : 0;
  p.blocks = static_cast<Int32>(x.blocks);
  p.slots_first = x.slots_first ? 1 : 0;
  p.partial = memory.output("partial", partial.data(), floats);
  const auto out = [&](const char* name, std::vector<float>& v) {
    return x.accumulate ? memory.buffer(name, v.data(), size(v)) : memory.output(name, v.data(), size(v));
  };
  if (x.with_dr) p.dr = out("dr", result.dr);
  if (x.with_dbias) p.dbias = out("dbias", result.dbias);

  using First = WeightGradient<D, C>;
  using Second = WeightGradientSum<D, C>;
  launch_gradient<D, First>(memory, "weight_gradient", x.blocks, sizeof(typename First::Shared), seed, p);
  const Int64 sum_blocks = launch.sum_blocks < 3 ? launch.sum_blocks : 3;
  launch_gradient<D, Second>(memory, "weight_gradient_sum", sum_blocks, 0, seed, p);
  return result;
}

/// `tolerance` times sqrt(tokens), for values of about 1.
inline void expect_close(const std::vector<float>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(got[i]), expected[i], tolerance) << "element " << i;
  }
}

template <class D, class C>
void expect_gradient(const GradientCase& x, double tolerance = 0.0) {
  SCOPED_TRACE(testing::Message() << "tokens " << x.tokens << " heads " << x.heads << " dim " << x.head_dim
                                  << " blocks " << x.blocks << " packed " << x.packed_tokens);
  GradientProblem<C> problem(x);
  const GradientResult result = run_gradient<D, C>(problem, x.seed);
  if (x.with_dr) expect_close(result.dr, problem.dr, tolerance);
  if (x.with_dbias) expect_close(result.dbias, problem.dbias, tolerance);
}

}  // namespace flashrnn::kernel::test
