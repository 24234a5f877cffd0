// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/jit/sha256.hpp"

/// The kernels' headers as text, embedded when the library is built.
namespace flashrnn::jit {

/// Both end in a zero byte; they live as long as the process.
struct EmbeddedSource {
  const char* name;  ///< as an #include names it: "common/kernel/tile.hpp"
  const char* text;
};

/// In the order of their names.
[[nodiscard]] std::span<const EmbeddedSource> embedded_sources();

/// Of all names and texts: part of every key, so a library with other kernels finds none of this one's images.
[[nodiscard]] const Digest& embedded_sources_hash();

/// A header that is not embedded: a cell of the user's own.
struct Header {
  std::string name;
  std::string text;
};

/// What run-time compilers take: arrays of names and texts. Points into `extra`, which has to outlive it; an extra
/// header stands before an embedded one of the same name.
class Sources {
 public:
  explicit Sources(std::span<const Header> extra = {});
  [[nodiscard]] int count() const { return static_cast<int>(names_.size()); }
  [[nodiscard]] const char* const* names() const { return names_.data(); }
  [[nodiscard]] const char* const* texts() const { return texts_.data(); }

 private:
  std::vector<const char*> names_;
  std::vector<const char*> texts_;
};

}  // namespace flashrnn::jit
