// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/jit/compiler.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::cuda {

/// NVIDIA's run-time compiler, found when it is needed. It is told the architecture, and a program's own options.
class Nvrtc final : public jit::Compiler {
 public:
  /// $FLASHRNN_NVRTC (a file), else libnvrtc.so.13 and .12 where the system looks for libraries, else where CUDA
  /// installs them. `driver_major` is the CUDA version that the driver speaks: images of a later major version are
  /// nothing to it; 0 takes any. One library for each answer, held for the process. Errors: UNSUPPORTED, naming what
  /// was looked for.
  static Status find(int driver_major, std::shared_ptr<const Nvrtc>* nvrtc);

  ~Nvrtc() override;
  [[nodiscard]] std::string version() const override;  ///< "nvrtc 13.0"
  [[nodiscard]] int major() const { return major_; }
  /// "sm_75", "sm_80", ... in ascending order.
  [[nodiscard]] const std::vector<std::string>& isas() const { return isas_; }

  Status compile(const jit::Program& program, std::string_view isa, jit::Image* image) const override;

  /// The same, with what the compiler said and how long it took. `log` is filled in whatever comes out.
  struct Report {
    std::string log;
    double seconds = 0;
  };
  Status compile(const jit::Program& program, std::string_view isa, jit::Image* image, Report* report) const;

 private:
  struct Functions;
  Nvrtc() = default;
  static Status load(const char* file, std::shared_ptr<const Nvrtc>* nvrtc);

  std::unique_ptr<const Functions> functions_;
  int major_ = 0;
  int minor_ = 0;
  std::vector<std::string> isas_;
};

}  // namespace flashrnn::cuda
