// SPDX-License-Identifier: Apache-2.0
#include "common/jit/entry.hpp"

#include <gtest/gtest.h>

#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

TEST(Entry, IsReadBack) {
  for (const std::size_t bytes : {0, 1, 1000}) {
    Image image = test::example_image(bytes);
    image.resources.spill_bytes = -1;
    const std::optional<Entry> entry = decode_entry(encode_entry("a key", image));
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->key, "a key");
    EXPECT_EQ(entry->image, image);
  }
}

TEST(Entry, EveryFlippedBitIsSeen) {
  const std::string bytes = encode_entry("a key", test::example_image(40));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << i % 8));
    EXPECT_FALSE(decode_entry(flipped).has_value()) << "bit " << i;
  }
}

TEST(Entry, EveryLengthButItsOwnIsSeen) {
  const std::string bytes = encode_entry("a key", test::example_image(40));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_entry(bytes.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(decode_entry(bytes + '\0').has_value());
  EXPECT_FALSE(decode_entry(bytes + bytes).has_value());
}

}  // namespace
}  // namespace flashrnn::jit
