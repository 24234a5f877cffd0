// SPDX-License-Identifier: Apache-2.0
#include "common/jit/key.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <vector>

#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

using test::example_key;

TEST(Key, EveryPartCounts) {
  const std::vector<std::function<void(KeyParts&)>> changes{
      [](KeyParts&) {},
      [](KeyParts& p) { p.backend = "hip"; },
      [](KeyParts& p) { p.isa = "sm_90"; },
      [](KeyParts& p) { p.compiler = "nvrtc 13.1"; },
      [](KeyParts& p) { p.options.pop_back(); },
      [](KeyParts& p) { p.options = {"--std=c++20-default-device"}; },
      [](KeyParts& p) { p.options.clear(); },
      [](KeyParts& p) { p.sources += "0"; },
      [](KeyParts& p) { p.headers[0].text += " "; },
      [](KeyParts& p) { p.headers[0].name = "other_cell.hpp"; },
      [](KeyParts& p) {
        p.headers.push_back({"", ""});
      },
      [](KeyParts& p) { p.specification = ""; },
  };
  std::set<Digest> digests;
  for (const auto& change : changes) {
    KeyParts parts = example_key();
    change(parts);
    digests.insert(Key(parts).digest());
  }
  EXPECT_EQ(digests.size(), changes.size());
}

/// Where lengths were not part of the encoding, these would be one.
TEST(Key, TextDoesNotFlowFromOnePartIntoTheNext) {
  KeyParts a = example_key();
  KeyParts b = a;
  a.backend = "cuda", a.isa = "sm_90a";
  b.backend = "cudas", b.isa = "m_90a";
  EXPECT_NE(Key(a).digest(), Key(b).digest());
}

TEST(Key, PacksDoNotAskForTheCompiler) {
  KeyParts other = example_key();
  other.compiler = "";
  const Key key(example_key());
  EXPECT_EQ(key.pack_digest(), Key(other).pack_digest());
  EXPECT_TRUE(key.equal_but_compiler(Key(other).encoding()));
  other.isa = "sm_80";
  EXPECT_NE(key.pack_digest(), Key(other).pack_digest());
  EXPECT_FALSE(key.equal_but_compiler(Key(other).encoding()));
  EXPECT_FALSE(key.equal_but_compiler(""));
}

TEST(Key, IsReadBack) {
  const std::string encoding = Key(example_key()).encoding();
  EXPECT_EQ(decode_key(encoding), example_key());
  for (std::size_t length = 0; length < encoding.size(); ++length) {
    EXPECT_FALSE(decode_key(encoding.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(decode_key(encoding + "x").has_value());
}

/// The name of an entry on disk must not change by accident: caches would fill up with what is never found.
TEST(Key, StaysWhatItWas) {
  EXPECT_EQ(hex(Key(example_key()).digest()), "a800511773a080ad27ad2b0283ac45fbc2638a9acde4e78cd7cc97e28820ed65");
}

}  // namespace
}  // namespace flashrnn::jit
