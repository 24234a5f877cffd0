// SPDX-License-Identifier: Apache-2.0
#include "hw_db/src/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {
namespace {

Node parsed(std::string_view text) {
  auto result = parse_json(text);
  EXPECT_TRUE(std::holds_alternative<Node>(result)) << text;
  return std::holds_alternative<Node>(result) ? std::get<Node>(result) : Node{};
}

ParseError error_of(std::string_view text) {
  auto result = parse_json(text);
  EXPECT_TRUE(std::holds_alternative<ParseError>(result)) << text;
  return std::holds_alternative<ParseError>(result) ? std::get<ParseError>(result) : ParseError{};
}

TEST(Node, KnowsTheLineOfEveryMember) {
  const Node root = parsed("{\n\"a\": 1,\n\n\"b\": {\"c\":\n2.5},\n\"d\": [\n{},\n\"x\"],\"e\": true\n}");
  EXPECT_EQ(root.find("a")->line, 2);
  EXPECT_EQ(root.find("a")->integer, 1);
  EXPECT_EQ(root.find("b")->line, 4);
  EXPECT_EQ(root.find("b")->find("c")->line, 4);
  EXPECT_EQ(root.find("b")->find("c")->real, 2.5);
  EXPECT_EQ(root.find("d")->items[0].line, 7);
  EXPECT_EQ(root.find("d")->items[1].line, 8);
  EXPECT_EQ(root.find("e")->line, 8);
  EXPECT_EQ(root.find("f"), nullptr);
  EXPECT_EQ(root.string("a"), "");
}

TEST(Node, NumbersKeepTheirKind) {
  const Node root = parsed(R"({"a": -3, "b": 3.0, "c": 18446744073709551615})");
  EXPECT_EQ(root.find("a")->type, Node::Type::kInteger);
  EXPECT_EQ(root.find("a")->integer, -3);
  EXPECT_EQ(root.find("b")->type, Node::Type::kReal);
  EXPECT_EQ(root.find("c")->type, Node::Type::kReal);
}

TEST(Node, ErrorsHaveALine) {
  EXPECT_EQ(error_of("").line, 1);
  EXPECT_EQ(error_of("{\n\"a\": 1\n\"b\": 2}").line, 3);
  EXPECT_EQ(error_of("{\n\"a\": 1,\n\"a\": 2}").line, 3);
  EXPECT_EQ(error_of("{\n\"a\": 1,\n\"a\": 2}").message, "'a' stands twice");
  EXPECT_EQ(error_of(std::string(1000, '[')).message, "is nested too deep");
  EXPECT_THAT(error_of("{} {}").message, testing::HasSubstr("unexpected"));
  EXPECT_FALSE(error_of("{\"a\": \"\xff\"}").message.empty());
}

TEST(Node, EveryTruncatedFileIsAnError) {
  std::string text = read_file(HW_DB_TEST_FOLDER "/fixtures/nvidia/widget.json");
  while (text.back() != '}') text.pop_back();
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_TRUE(std::holds_alternative<ParseError>(parse_json(std::string_view(text).substr(0, length)))) << length;
  }
}

}  // namespace
}  // namespace flashrnn::hw
