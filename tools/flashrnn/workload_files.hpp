// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "workload.hpp"

namespace flashrnn::tool {

/// What the files of a folder say, docs/tool.md lists them: Wx.npy and R.npy are required, the others optional.
/// Sizes come from Wx.npy and are written to `options`; those in `given` ("--batch" and so on) must agree with the
/// file. Throws UsageError with the file's name.
Workload read_workload(const Context& context, ProblemOptions& options, const std::set<std::string>& given,
                       const std::filesystem::path& folder);

}  // namespace flashrnn::tool
