// SPDX-License-Identifier: Apache-2.0
#include "common/jit/sources.hpp"

#include "common/jit/bytes.hpp"

namespace flashrnn::jit {

const Digest& embedded_sources_hash() {
  static const Digest digest = [] {
    ByteWriter all;
    for (const EmbeddedSource& source : embedded_sources()) {
      all.text(source.name);
      all.text(source.text);
    }
    return sha256(all.bytes());
  }();
  return digest;
}

Sources::Sources(std::span<const Header> extra) {
  for (const Header& header : extra) {
    names_.push_back(header.name.c_str());
    texts_.push_back(header.text.c_str());
  }
  for (const EmbeddedSource& source : embedded_sources()) {
    names_.push_back(source.name);
    texts_.push_back(source.text);
  }
}

}  // namespace flashrnn::jit
