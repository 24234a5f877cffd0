// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "tensor.hpp"

namespace flashrnn::tool {

/// Writes a NumPy file in C order: fp32 as <f4, fp16 as <f2; bf16, which NumPy does not know, widened to <f4. Throws
/// UsageError when the file can't be written.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace flashrnn::tool
