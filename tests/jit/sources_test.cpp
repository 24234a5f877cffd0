// SPDX-License-Identifier: Apache-2.0
#include "common/jit/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "common/jit/kernel_source.hpp"
#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::set<std::string> embedded_names() {
  std::set<std::string> names;
  for (const EmbeddedSource& source : embedded_sources()) names.insert(source.name);
  return names;
}

TEST(EmbeddedSources, AreTheHeadersOfTheTree) {
  const fs::path root = FLASHRNN_SOURCE_DIR;
  std::set<std::string> expected;
  for (const char* folder :
       {"common/cell", "common/device", "common/kernel", "backend_cuda/device", "backend_hip/device"}) {
    if (!fs::exists(root / folder)) continue;
    for (const fs::directory_entry& file : fs::directory_iterator(root / folder)) {
      if (file.path().extension() == ".hpp") expected.insert(fs::relative(file.path(), root).generic_string());
    }
  }
  expected.erase("common/kernel/constraints.hpp");
  EXPECT_EQ(embedded_names(), expected);
  for (const EmbeddedSource& source : embedded_sources()) {
    EXPECT_EQ(source.text, test::read_all(root / source.name)) << source.name;
  }
}

/// Run-time compilers have nothing else.
TEST(EmbeddedSources, IncludeEachOtherOnly) {
  const std::set<std::string> names = embedded_names();
  const std::regex include("(?:^|\n)[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]");
  for (const EmbeddedSource& source : embedded_sources()) {
    const std::string text = source.text;
    for (std::sregex_iterator it(text.begin(), text.end(), include), end; it != end; ++it) {
      EXPECT_TRUE(names.contains((*it)[1])) << source.name << " includes " << (*it)[1];
    }
  }
}

TEST(EmbeddedSources, StandBehindOnesOfTheSameName) {
  const std::vector<Header> own{{"common/kernel/tile.hpp", "// mine"}, {"my_cell.hpp", "// cell"}};
  const Sources sources(own);
  ASSERT_EQ(sources.count(), static_cast<int>(embedded_sources().size() + 2));
  EXPECT_STREQ(sources.names()[0], "common/kernel/tile.hpp");
  EXPECT_STREQ(sources.texts()[0], "// mine");
  EXPECT_STREQ(sources.texts()[1], "// cell");
}

TEST(KernelSource, IsItsIncludesAndOneInstantiation) {
  const SourceDevice device{"common/device/device.hpp", "ns::Device", "const"};
  EXPECT_EQ(kernel_source(device, {"common/kernel/config.hpp", "common/cell/lstm.hpp"}, "ns::Kernel<ns::Device, 3>"),
            R"(#include "common/device/device.hpp"
#include "common/kernel/config.hpp"
#include "common/cell/lstm.hpp"

using Kernel = ns::Kernel<ns::Device, 3>;

extern "C" __global__ void __launch_bounds__(Kernel::kThreads, 1)
    flashrnn_kernel(const typename Kernel::Parameters parameters) {
  ns::Device device;
  Kernel::run(device, parameters);
}
)");
}

}  // namespace
}  // namespace flashrnn::jit
