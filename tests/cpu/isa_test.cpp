// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cpu/network.hpp"

namespace flashrnn::test {
namespace {

std::vector<std::string> usable_isas() {
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  EXPECT_EQ(flashrnn_get_device(0, &info), FLASHRNN_SUCCESS);
  std::istringstream text(info.isas);
  std::vector<std::string> isas;
  for (std::string isa; text >> isa;) isas.push_back(isa);
  return isas;
}

TEST(Isa, TheForcedOneRuns) {
  const std::vector<std::string> isas = usable_isas();
  ASSERT_FALSE(isas.empty());
  for (const std::string& isa : isas) {
    const Plan plan(cpu(1, isa), make_problem("lstm", 2, 3, 1, 16));
    EXPECT_NE(plan.describe().find("cpu " + isa + ","), std::string::npos) << plan.describe();
  }
}

TEST(Isa, TheBestIsTheDefault) {
  const Plan plan(cpu(1), make_problem("lstm", 2, 3, 1, 16));
  EXPECT_NE(plan.describe().find("cpu " + usable_isas().front() + ","), std::string::npos) << plan.describe();
}

TEST(Isa, AnUnknownOneIsRefusedWithTheOnesThatAreThere) {
  try {
    cpu(1, "mmx");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), FLASHRNN_INVALID_ARGUMENT);
    EXPECT_NE(std::string(error.what()).find(usable_isas().front()), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace flashrnn::test
