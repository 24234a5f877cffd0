// SPDX-License-Identifier: Apache-2.0
#include "common/jit/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

namespace flashrnn::jit {
namespace {

/// Examples of FIPS 180-4's "SHA-256 Example" papers (NIST).
TEST(Sha256, GivesTheKnownAnswers) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
                       "qrsmnopqrstnopqrstu")),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(hex(sha256(std::string(1000000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnTheParts) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += static_cast<char>(i * 7);
  for (std::size_t length = 0; length <= text.size(); length += 3) {
    const std::string_view whole(text.data(), length);
    const Digest expected = sha256(whole);
    for (std::size_t cut = 0; cut <= length; ++cut) {
      Sha256 sum;
      sum.add(whole.substr(0, cut));
      sum.add(whole.substr(cut));
      ASSERT_EQ(sum.finish(), expected) << length << " " << cut;
    }
  }
}

}  // namespace
}  // namespace flashrnn::jit
