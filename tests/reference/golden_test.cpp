// SPDX-License-Identifier: Apache-2.0
#include "verify/golden.hpp"

#include <set>

#include "support.hpp"

namespace flashrnn::reference {
namespace {

TEST(Golden, ReferenceAgrees) {
  std::set<std::string> cells;
  for (const auto& folder : verify::list_golden(FLASHRNN_GOLDEN_DIR)) {
    const verify::GoldenCase golden = verify::read_golden(folder);
    const Result result = run(golden.problem, golden.inputs, golden.output_gradients);
    const std::vector<verify::NamedTensor> actual = verify::golden_view(golden, result);
    ASSERT_EQ(actual.size(), golden.expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      EXPECT_EQ(actual[i].name, golden.expected[i].name);
      expect_near(actual[i].values, golden.expected[i].values, 1e-12, golden.name + " " + actual[i].name);
    }
    cells.insert((golden.projection ? "torch " : "nx ") + std::string(info(golden.problem.cell).name));
  }
  const std::set<std::string> all = {"nx elman",  "nx gru",      "nx lstm",          "nx slstm",
                                     "torch gru", "torch elman", "torch elman_relu", "torch lstm"};
  EXPECT_EQ(cells, all);
}

}  // namespace
}  // namespace flashrnn::reference
