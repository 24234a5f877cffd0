// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "flashrnn/flashrnn.h"
#include "verify/api.hpp"
#include "verify/compare.hpp"
#include "verify/table.hpp"

/// Holds a device against the fp64 reference, through the public C API.
namespace flashrnn::verify {

/// Called after each case.
using Progress = std::function<void(std::size_t done, std::size_t total, const CaseResult& result)>;

struct ConformanceOptions {
  std::string filter;                             ///< cases whose name contains it; empty = all
  flashrnn_dtype dtype = FLASHRNN_DTYPE_DEFAULT;  ///< cases of it alone; default = all
};

/// The conformance table's cases that pass the options, in order. A filter that starts with "sweep/<seed>/<index>"
/// gives that case of the random sweep instead.
std::vector<Case> select_cases(const ConformanceOptions& options);

/// Runs one case. Never throws for what the device does: a failed call is a failed case. A case whose gradients have
/// kinks (relu, clamp of h) and that exceeds its bound is run with other numbers: if it holds three times
/// in five, a rounding had crossed a kink, which is no fault.
CaseResult run_case(Api& api, const Case& test);
std::vector<CaseResult> run_cases(Api& api, const std::vector<Case>& cases, const Progress& progress);

std::vector<CaseResult> run_conformance(Api& api, const ConformanceOptions& options, const Progress& progress = {});

/// Runs one golden case in `dtype`. fp32 is held against the files; bf16 and fp16 against the reference on the rounded
/// inputs, which itself must agree with the files to 1e-10.
CaseResult run_golden_case(Api& api, const GoldenCase& golden, flashrnn_dtype dtype);

/// Every golden case below `directory` (or in it). Throws std::runtime_error when a file cannot be read.
std::vector<CaseResult> run_golden(Api& api, const std::filesystem::path& directory, flashrnn_dtype dtype,
                                   const Progress& progress = {});

}  // namespace flashrnn::verify
