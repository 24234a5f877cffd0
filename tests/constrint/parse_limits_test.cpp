// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"
#include "tests/constrint/sanitized.hpp"

namespace constrint::test {
namespace {

using ::testing::HasSubstr;

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

struct Nesting {
  const char* open;
  const char* inside;
  const char* close;
};

class ParseNesting : public ::testing::TestWithParam<Nesting> {};

// A million levels are an error; some are read.
TEST_P(ParseNesting, IsLimited) {
  const Nesting& n = GetParam();
  const bool term = std::string(n.inside).find('=') == std::string::npos;
  const auto nested = [&](int levels) {
    return repeated(n.open, levels) + n.inside + repeated(n.close, levels) + (term ? " == 1;" : ";");
  };
  const ParseResult few = parse(nested(120));
  EXPECT_TRUE(few.ok()) << few.errors.front().text();
  const ParseResult many = parse(nested(1'000'000));
  ASSERT_FALSE(many.ok());
  EXPECT_THAT(many.errors.front().text(), HasSubstr("nested deeper than 256 levels"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ParseNesting,
                         ::testing::Values(Nesting{"(", "a == 1", ")"}, Nesting{"(a == 1 | ", "a == 2", ")"},
                                           Nesting{"a == 1 & (", "a == 2", ")"}, Nesting{"-", "a == 1", ""},
                                           Nesting{"min(a, ", "b", ")"}, Nesting{"a - b * (", "c", ")"}));

TEST(ParseLimits, OfChainsThatMakeOneNodeThereAreNone) {
  for (const std::string op : {" + a", " * a"}) {
    const ParseResult result = parse("a" + repeated(op, 100'000) + " == 1;");
    ASSERT_TRUE(result.ok()) << result.errors.front().text();
  }
  EXPECT_TRUE(parse("a == 1" + repeated(" | a == 2", 100'000)).ok());
  EXPECT_TRUE(parse("a == 1" + repeated(" | a == 2", 100'000), {.compat = true}).ok());
}

TEST(ParseLimits, OfChainsThatMakeADeepTree) {
  EXPECT_TRUE(parse("a" + repeated(" - a", 200) + " == 1;").ok());
  const ParseResult result = parse("a" + repeated(" - a", 1'000'000) + " == 1;");
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.errors.front().text(), HasSubstr("nested deeper than 256 levels"));
}

#ifdef CONSTRINT_TEST_SANITIZED
constexpr std::size_t kBytes = 2'500'000;
#else
constexpr std::size_t kBytes = 10'000'000;
#endif

TEST(ParseLimits, MegabytesTakeLittleTime) {
  std::string text;
  for (int i = 0; text.size() < kBytes; ++i) {
    text += "A" + std::to_string(i % 50'000) + " * B_" + std::to_string(i % 97) +
            " + 17 * C <= [8, 16, 32] | D % Y == 0;\n";
  }
  for (const bool compat : {false, true}) {
    const auto start = std::chrono::steady_clock::now();
    const ParseResult result = parse(text, {.compat = compat});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    ASSERT_TRUE(result.ok()) << result.errors.front().text();
    EXPECT_GT(result.model.constraints().size(), kBytes / 100);
    EXPECT_LT(seconds.count(), 10.0);  // sanitized builds too
  }
}

TEST(ParseLimits, MegabytesOfOneTokenAreReadOrRefused) {
  const std::string name(kBytes, 'a');
  EXPECT_TRUE(parse(name + " == 1").ok());
  const ParseResult digits = parse("a == " + std::string(kBytes, '9'));
  ASSERT_EQ(digits.errors.size(), 1U);
  EXPECT_LT(digits.errors.front().message.size(), 200U);
  EXPECT_TRUE(parse(std::string(kBytes, ';')).ok());
  EXPECT_TRUE(parse("#" + std::string(kBytes, 'x')).ok());
  EXPECT_FALSE(parse(std::string(kBytes, '\0')).ok());
}

// Bytes of all kinds, and pieces of the language in any order: an answer, and errors with places inside the text.
TEST(ParseLimits, RandomBytesDoNoHarm) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"a",     "b1", "5",     "(",   ")",  "[",    "]",    ",",        ";",
                                        "|",     "&",  "==",    "<=",  "!=", "<",    ">",    ">=",       "+",
                                        "-",     "*",  "/",     "%",   "^",  "min(", "..",   "var",      " in",
                                        " step", "\n", "# c\n", "`q`", "`",  "=",    "\xc3", "minimize "};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 30; i > 0; --i) {
      if (round % 4 == 0) {
        text += static_cast<char>(random());
      } else {
        text += pieces[random() % pieces.size()];
      }
    }
    for (const bool compat : {false, true}) {
      const ParseResult result = parse(text, {.compat = compat});
      for (const ParseError& error : result.errors) {
        EXPECT_GE(error.where.line, 1);
        EXPECT_GE(error.where.column, 1);
        EXPECT_LE(static_cast<std::size_t>(error.where.column), text.size() + 1);
        EXPECT_FALSE(error.message.empty());
      }
      if (!result.ok()) continue;
      EXPECT_EQ(dump(parse(result.model.text()).model), dump(result.model)) << text;
    }
  }
}

}  // namespace
}  // namespace constrint::test
