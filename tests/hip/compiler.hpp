// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "backend_hip/code_object.hpp"

/// Compilers for AMD GPUs that need none: clang as HIP, and hipRTC in a program of its own
/// (tests/hip/hiprtc_compile.cpp), since it takes the process with it when it does not know a chip.
namespace flashrnn::hip::test {

enum class Compiler { kClang, kHiprtc };

struct Target {
  const char* isa;
  int wave_size;
  Compiler compiler;
};

/// Why the compiler cannot be asked here; empty when it can.
std::string missing(Compiler compiler);

struct Job {
  std::string name;  ///< a file's name
  std::string text;  ///< of the program
};

struct Outcome {
  std::string error;  ///< empty: compiled
  std::string log;    ///< what the compiler said
  CodeObject object;
  double seconds = 0.0;
};

/// Compiles all jobs, two at a time; outcomes in the order of the jobs.
std::vector<Outcome> compile(const Target& target, const std::vector<Job>& jobs);

}  // namespace flashrnn::hip::test
