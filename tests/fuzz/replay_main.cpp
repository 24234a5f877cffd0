// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

/// The fuzz target without libFuzzer, for any compiler: `replay_api PATH...` runs files and the files in folders,
/// `replay_api --random COUNT SEED` runs drawn inputs. An input that fails is left in `replay_failed.bin`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::vector<std::uint8_t>& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

int run_random(long count, unsigned long seed) {
  for (long i = 0; i < count; ++i) {
    std::mt19937_64 random(seed + static_cast<unsigned long>(i));
    std::vector<std::uint8_t> input(random() % 1024);
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
    std::ofstream("replay_failed.bin", std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    run(input);
  }
  std::filesystem::remove("replay_failed.bin");
  std::printf("%ld random inputs from seed %lu\n", count, seed);
  return 0;
}

void run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  run({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 3 && args[0] == "--random") {
    return run_random(std::strtol(args[1].c_str(), nullptr, 10), std::strtoul(args[2].c_str(), nullptr, 10));
  }
  if (args.empty() || args[0][0] == '-') {
    std::fprintf(stderr, "usage: replay_api PATH... | replay_api --random COUNT SEED\n");
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
