// SPDX-License-Identifier: Apache-2.0
#include "tests/constrint/tool/program.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace constrint::test {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Program::Program() {
  std::string pattern = (std::filesystem::temp_directory_path() / "constrint_test_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
}

Program::~Program() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Program::write(const std::string& file, const std::string& text) const {
  std::ofstream(folder_ / file, std::ios::binary) << text;
}

Ended Program::run(const std::string& arguments, const std::string& input) const {
  write(".in", input);
  const std::string command =
      "cd '" + folder_.string() + "' && '" CONSTRINT_TOOL "' " + arguments + " <.in >.out 2>.err";
  const int status = std::system(command.c_str());
  Ended ended;
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  ended.out = content(folder_ / ".out");
  ended.err = content(folder_ / ".err");
  return ended;
}

}  // namespace constrint::test
