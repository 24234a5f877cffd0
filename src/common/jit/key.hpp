// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/jit/compiler.hpp"
#include "common/jit/sha256.hpp"

namespace flashrnn::jit {

/// All that decides how an image comes out, and nothing else: no paths, no device ordinals, no times.
struct KeyParts {
  std::string backend;   ///< "cuda"
  std::string isa;       ///< full name: "sm_90a"
  std::string compiler;  ///< Compiler::version(); "" where there is none: then packs alone are asked
  std::vector<std::string> options;
  std::string sources;          ///< hex of embedded_sources_hash()
  std::vector<Header> headers;  ///< of the user's cells
  std::string specification;    ///< gpu::to_string(KernelSpec), or the program's text

  bool operator==(const KeyParts&) const;
};

/// The parts, encoded with the length of each before it, so that different parts never give the same bytes.
class Key {
 public:
  explicit Key(const KeyParts& parts);
  [[nodiscard]] const std::string& encoding() const { return encoding_; }
  /// Names the image in memory and on disk.
  [[nodiscard]] const Digest& digest() const { return digest_; }
  /// Of the same key without its compiler: a pack serves machines that have another compiler, or none.
  [[nodiscard]] const Digest& pack_digest() const { return pack_digest_; }
  /// Whether the encoding differs from this one in its compiler at most.
  [[nodiscard]] bool equal_but_compiler(std::string_view encoding) const;

 private:
  std::string encoding_;
  Digest digest_{};
  Digest pack_digest_{};
};

/// The parts of an encoding, or nothing where it is none. Of `headers` the texts come back as they were.
[[nodiscard]] std::optional<KeyParts> decode_key(std::string_view encoding);

}  // namespace flashrnn::jit
