// SPDX-License-Identifier: Apache-2.0
#include "tests/hip/compiler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace flashrnn::hip::test {
namespace {

// What tests/hip/CMakeLists.txt found; empty: not installed.
constexpr const char* kClang = FLASHRNN_HIP_CLANG;
constexpr const char* kHiprtc = FLASHRNN_HIPRTC_COMPILE;
constexpr const char* kSource = FLASHRNN_HIP_SOURCE;
/// hiprtc_compile's exit status where there is no hipRTC.
constexpr int kNoLibrary = 77;

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

std::string command(const Target& target, const std::filesystem::path& source, const std::filesystem::path& object) {
  if (target.compiler == Compiler::kHiprtc) {
    return quoted(kHiprtc) + " " + target.isa + " " + quoted(kSource) + " " + quoted(source) + " " + quoted(object);
  }
  return quoted(kClang) + " -x hip --offload-arch=" + target.isa +
         " -nogpulib -nogpuinc --offload-device-only --no-gpu-bundle-output -std=c++20 -O3 -ffp-contract=off"
         " -Wall -Wextra -I " +
         quoted(kSource) + " " + quoted(source) + " -o " + quoted(object);
}

Outcome compile_one(const Target& target, const Job& job) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "flashrnn_hip";
  std::filesystem::create_directories(folder);
  // Several test programs may run at once.
  const std::string base =
      job.name + "." + target.isa + "." + (target.compiler == Compiler::kClang ? "clang" : "hiprtc");
  const std::filesystem::path source = folder / (base + ".hip");
  const std::filesystem::path object = folder / (base + ".co");
  const std::filesystem::path log = folder / (base + ".log");
  std::ofstream(source, std::ios::binary) << job.text;
  std::filesystem::remove(object);
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome;
  const int status = std::system((command(target, source, object) + " >" + quoted(log) + " 2>&1").c_str());
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  outcome.log = contents(log);
  if (status != 0) {
    outcome.error = "The compiler ended with status " + std::to_string(status) + ".\n" + outcome.log.substr(0, 4000);
    return outcome;
  }
  const Status read = read_code_object(contents(object), &outcome.object);
  outcome.error = read.message();
  return outcome;
}

}  // namespace

std::string missing(Compiler compiler) {
  if (compiler == Compiler::kClang) {
    return *kClang == '\0' ? "clang-19 with AMD's target and lld-19 are not installed" : "";
  }
  const int status = std::system((quoted(kHiprtc) + " >/dev/null 2>&1").c_str());
  return status / 256 == kNoLibrary ? "hipRTC (libamdhip64.so.5) is not installed" : "";
}

std::vector<Outcome> compile(const Target& target, const std::vector<Job>& jobs) {
  std::vector<Outcome> outcomes(jobs.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) outcomes[i] = compile_one(target, jobs[i]);
  };
  std::thread other(work);
  work();
  other.join();
  return outcomes;
}

}  // namespace flashrnn::hip::test
