// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#ifdef FLASHRNN_SANITIZE_ADDRESS
#include <sanitizer/common_interface_defs.h>
#endif

/// A fuzz target without libFuzzer, for any compiler: `replay_NAME PATH...` runs files and the files in folders,
/// `replay_NAME --random COUNT SEED` runs drawn inputs; the input of seed S + i is the only one of `--random 1 S+i`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string program = "replay";
std::string current;  ///< what is running: how to run it again

void run(const std::vector<std::uint8_t>& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

void tell_current() { std::fprintf(stderr, "failed: %s %s\n", program.c_str(), current.c_str()); }

int run_random(long count, unsigned long seed) {
  for (long i = 0; i < count; ++i) {
    const unsigned long input_seed = seed + static_cast<unsigned long>(i);
    current = "--random 1 " + std::to_string(input_seed);
    std::mt19937_64 random(input_seed);
    std::vector<std::uint8_t> input(random() % 1024);
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
    run(input);
  }
  std::printf("%ld random inputs from seed %lu\n", count, seed);
  return 0;
}

void run_file(const std::filesystem::path& path) {
  current = path.string();
  std::ifstream file(path, std::ios::binary);
  run({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 0) program = std::filesystem::path(argv[0]).filename().string();
  const std::vector<std::string> args(argv + std::min(argc, 1), argv + argc);
  std::signal(SIGABRT, [](int) { tell_current(); });
#ifdef FLASHRNN_SANITIZE_ADDRESS
  __sanitizer_set_death_callback(tell_current);
#endif
  if (args.size() == 3 && args[0] == "--random") {
    return run_random(std::strtol(args[1].c_str(), nullptr, 10), std::strtoul(args[2].c_str(), nullptr, 10));
  }
  if (args.empty() || args[0][0] == '-') {
    std::fprintf(stderr, "usage: %s PATH... | %s --random COUNT SEED\n", program.c_str(), program.c_str());
    return 2;
  }
  long count = 0;
  for (const std::string& arg : args) {
    if (!std::filesystem::exists(arg)) {
      std::fprintf(stderr, "%s does not exist\n", arg.c_str());
      return 2;
    }
    if (!std::filesystem::is_directory(arg)) {
      run_file(arg);
      ++count;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(arg)) {
      run_file(entry.path());
      ++count;
    }
  }
  std::printf("%ld inputs\n", count);
  return 0;
}
