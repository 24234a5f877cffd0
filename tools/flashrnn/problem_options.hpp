// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "flashrnn/flashrnn.h"
#include "json.hpp"

namespace flashrnn::tool {

/// A problem as it is named on the command line; alike in every command.
struct ProblemOptions {
  std::string cell = "lstm";
  std::string dtype = "fp32";
  std::string state_dtype;  ///< empty = as dtype
  std::int64_t batch = 16;
  std::int64_t time = 1024;
  std::int64_t heads = 12;
  std::int64_t head_dim = 64;
  std::string lengths;  ///< "", "random" or a list of row lengths
  bool packed = false;
  double resets = 0.0;  ///< part of all steps that a reset precedes
  bool reverse = false;
  double forward_clip = 0.0;
  double gradient_clip = 0.0;
  bool gradient_cut = false;
  std::string math = "exact";
  std::string matmul = "strict";
  std::string reserve = "gates";
  std::string sequence = "h";
};

void add_problem_options(CLI::App& app, ProblemOptions& options);

/// "fp32", "bf16" or "fp16". Throws UsageError, with `option` in its sentence.
flashrnn_dtype parse_dtype(const std::string& option, const std::string& name);
std::string dtype_name(flashrnn_dtype dtype);

/// The cell's counts. Throws UsageError with the names that exist.
flashrnn_cell_info find_cell(const std::string& name);

/// Row lengths of `--lengths`, drawn from `seed` when random; empty without the option. Throws UsageError.
std::vector<std::int64_t> row_lengths(const ProblemOptions& options, std::uint64_t seed);

/// The problem without its flags for training, lengths and resets, which depend on the call. Throws UsageError. The
/// cell's name lives as long as the process.
flashrnn_problem to_problem(const ProblemOptions& options);

/// "lstm bf16 B=16 T=1024 N=12 D=64 reverse"
std::string problem_text(const ProblemOptions& options);
/// "--cell lstm --dtype bf16 -B 16 -T 1024 -N 12 -D 64 --reverse": gives the same options again.
std::string problem_arguments(const ProblemOptions& options);
Json problem_json(const ProblemOptions& options);

}  // namespace flashrnn::tool
