// SPDX-License-Identifier: Apache-2.0
#include "hw_db/src/identity.hpp"

#include <gtest/gtest.h>

namespace flashrnn::hw {
namespace {

CpuIdentity x86(const char* vendor, int family, int model) {
  CpuIdentity identity;
  identity.vendor = vendor;
  identity.family = family;
  identity.model = model;
  return identity;
}

CpuIdentity arm(int implementer, int part) {
  CpuIdentity identity;
  identity.implementer = implementer;
  identity.part = part;
  return identity;
}

int score(const char* pattern, const CpuIdentity& identity, const char* system = "") {
  const auto parsed = parse_identity_pattern(pattern);
  EXPECT_TRUE(parsed.has_value()) << pattern;
  return parsed ? identity_score(*parsed, identity, system) : -1;
}

TEST(Identity, GlobsMatchWholeTexts) {
  EXPECT_TRUE(glob_match("NVIDIA H200", "NVIDIA H200"));
  EXPECT_TRUE(glob_match("NVIDIA H200*", "NVIDIA H200"));
  EXPECT_TRUE(glob_match("*H*0*", "NVIDIA H100 PCIe"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("NVIDIA A10", "NVIDIA A10G"));
  EXPECT_FALSE(glob_match("NVIDIA A10*", "Old NVIDIA A10"));
  EXPECT_FALSE(glob_match("", "x"));
}

TEST(Identity, PlainIsaDropsFeatures) {
  EXPECT_EQ(plain_isa("sm_90a"), "sm_90");
  EXPECT_EQ(plain_isa("sm_100f"), "sm_100");
  EXPECT_EQ(plain_isa("sm_86"), "sm_86");
  EXPECT_EQ(plain_isa("gfx90a:sramecc+:xnack-"), "gfx90a");
  EXPECT_EQ(plain_isa(""), "");
}

TEST(Identity, X86PatternsHaveRanges) {
  const char* pattern = "AuthenticAMD family 25 model 16-31 0x60-0x7f";
  EXPECT_GT(score(pattern, x86("AuthenticAMD", 25, 16)), 0);
  EXPECT_GT(score(pattern, x86("AuthenticAMD", 25, 31)), 0);
  EXPECT_GT(score(pattern, x86("AuthenticAMD", 25, 97)), 0);
  EXPECT_EQ(score(pattern, x86("AuthenticAMD", 25, 32)), 0);
  EXPECT_EQ(score(pattern, x86("AuthenticAMD", 26, 16)), 0);
  EXPECT_EQ(score(pattern, x86("GenuineIntel", 25, 16)), 0);
  EXPECT_EQ(score(pattern, arm(0x41, 25)), 0);
  EXPECT_GT(score("AuthenticAMD family 25", x86("AuthenticAMD", 25, 200)), 0);
}

TEST(Identity, APatternThatSaysMoreIsPreferred) {
  const CpuIdentity n1 = arm(0x41, 0xd0c);
  const int any = score("implementer 0x41 part *", n1, "Amazon EC2");
  const int part = score("implementer 0x41 part 0xd0c", n1, "Amazon EC2");
  const int system = score("implementer 0x41 part 0xd0c system Amazon EC*", n1, "Amazon EC2");
  EXPECT_LT(0, any);
  EXPECT_LT(any, part);
  EXPECT_LT(part, system);
  EXPECT_EQ(score("implementer 0x41 part 0xd0c system Amazon*", n1, "Someone else"), 0);
  EXPECT_EQ(score("implementer 0x41 part 0xd40", n1), 0);
  EXPECT_EQ(score("implementer 0x61 part *", n1), 0);
}

TEST(Identity, OtherTextsAreNoPatterns) {
  for (const char* text :
       {"", "AuthenticAMD", "AuthenticAMD family", "AuthenticAMD family x", "AuthenticAMD family 25 model",
        "AuthenticAMD family 25 models 3", "AuthenticAMD family 25 model 5-3", "implementer 0x41",
        "implementer 0x41 part", "implementer 0x41 part 0xzz", "implementer 0x41 part 0xd0c system"}) {
    EXPECT_FALSE(parse_identity_pattern(text).has_value()) << text;
  }
}

TEST(Identity, PrintsAsItIsParsed) {
  EXPECT_EQ(x86("AuthenticAMD", 25, 17).to_string(), "AuthenticAMD family 25 model 17");
  EXPECT_EQ(arm(0x41, 0xd4f).to_string(), "implementer 0x41 part 0xd4f");
  EXPECT_EQ(CpuIdentity{}.to_string(), "unknown");
}

}  // namespace
}  // namespace flashrnn::hw
