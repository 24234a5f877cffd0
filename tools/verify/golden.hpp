// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/reference/reference.hpp"

namespace flashrnn::verify {

struct NamedTensor {
  std::string name;
  std::vector<double> values;
};

/// The input projection of a torch_* case: Wx = x w_ih^T.
struct Projection {
  std::int64_t inputs = 0;
  std::vector<double> x;     ///< [T, B, I]
  std::vector<double> w_ih;  ///< [gates * D, I]
};

/// A case computed by another implementation in fp64 (tests/golden/README.md), brought into our layouts.
struct GoldenCase {
  std::string name;
  reference::Problem problem;
  reference::Inputs inputs;
  reference::OutputGradients output_gradients;
  std::optional<Projection> projection;
  std::vector<NamedTensor> expected;  ///< as the files have them; a tensor of all states is split into one per state
};

/// The folders below `directory` that hold a case.json, by name. Throws std::runtime_error if there is none.
std::vector<std::filesystem::path> list_golden(const std::filesystem::path& directory);

/// Throws std::runtime_error, with the file's name and what is wrong with it.
GoldenCase read_golden(const std::filesystem::path& folder);

/// The tensors of `expected`, in the same order and layouts, computed from a result in ours.
std::vector<NamedTensor> golden_view(const GoldenCase& golden, const reference::Result& result);

}  // namespace flashrnn::verify
