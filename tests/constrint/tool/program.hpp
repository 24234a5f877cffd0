// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace constrint::test {

struct Ended {
  int exit_code = -1;
  std::string out;
  std::string err;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// A folder of model files, removed at the end, and the program run in it.
class Program {
 public:
  Program();
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void write(const std::string& file, const std::string& text) const;
  /// `arguments` are words as a shell would read them. `input` is what stands on standard input.
  [[nodiscard]] Ended run(const std::string& arguments, const std::string& input = "") const;

 private:
  std::filesystem::path folder_;
};

}  // namespace constrint::test
