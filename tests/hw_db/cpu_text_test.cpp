// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_db/src/cpu_facts.hpp"

namespace flashrnn::hw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CpuText, ReadsListsOfProcessors) {
  EXPECT_THAT(parse_cpu_list("0-3"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(parse_cpu_list("0,4-5,9\n"), ElementsAre(0, 4, 5, 9));
  EXPECT_THAT(parse_cpu_list("7"), ElementsAre(7));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("3-1"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0-"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0;1"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("0-2000000000"), IsEmpty());
}

TEST(CpuText, ReadsSizes) {
  EXPECT_EQ(parse_size("32K"), 32768);
  EXPECT_EQ(parse_size("2M\n"), 2097152);
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size(""), std::nullopt);
  EXPECT_EQ(parse_size("32Q"), std::nullopt);
  EXPECT_EQ(parse_size("-1K"), std::nullopt);
  EXPECT_EQ(parse_size("99999999999999999999"), std::nullopt);
}

TEST(CpuText, ReadsCpuinfo) {
  const auto entries = parse_cpuinfo("processor\t: 0\nmodel name\t: A : B\n\nprocessor\t: 1\nflags\t\t:\n\n\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at("model name"), "A : B");
  EXPECT_EQ(entries[1].at("processor"), "1");
  EXPECT_EQ(entries[1].at("flags"), "");
  EXPECT_THAT(parse_cpuinfo(""), IsEmpty());
}

}  // namespace
}  // namespace flashrnn::hw
