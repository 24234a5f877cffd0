// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/jit/image.hpp"
#include "common/jit/sources.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::jit {

/// A program for a run-time compiler. The embedded sources are always within its reach.
struct Program {
  std::string name;                  ///< for messages of the compiler
  std::string text;                  ///< of one kernel, kKernelName; see kernel_source
  std::vector<Header> headers;       ///< beside the embedded ones
  std::vector<std::string> options;  ///< all but the ISA's
};

/// NVRTC, hipRTC, or what a test puts in their place. Thread-safe.
class Compiler {
 public:
  virtual ~Compiler() = default;
  /// Name and version, "nvrtc 13.0": part of the key.
  [[nodiscard]] virtual std::string version() const = 0;
  /// Compiles for one ISA by its full name, as sm_90a. Errors carry the compiler's first lines: UNSUPPORTED when it
  /// does not know the ISA, INVALID_ARGUMENT when a program with headers of the user's does not compile, INTERNAL_ERROR
  /// when one without does not.
  virtual Status compile(const Program& program, std::string_view isa, Image* image) const = 0;
};

}  // namespace flashrnn::jit
