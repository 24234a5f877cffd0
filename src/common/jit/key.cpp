// SPDX-License-Identifier: Apache-2.0
#include "common/jit/key.hpp"

#include "common/jit/bytes.hpp"

namespace flashrnn::jit {
namespace {

/// Grows when the encoding or the entries' format changes; it names the format of everything stored.
constexpr std::string_view kFormat = "flashrnn image 1";

std::string encode(const KeyParts& parts, std::string_view compiler) {
  ByteWriter out;
  out.text(kFormat);
  out.text(compiler);
  out.text(parts.backend);
  out.text(parts.isa);
  out.number(parts.options.size());
  for (const std::string& option : parts.options) out.text(option);
  out.text(parts.sources);
  out.number(parts.headers.size());
  for (const Header& header : parts.headers) {
    out.text(header.name);
    out.text(header.text);
  }
  out.text(parts.specification);
  return out.take();
}

/// What follows the compiler, or nothing where this is no key.
std::optional<std::string_view> behind_compiler(std::string_view encoding) {
  ByteReader in(encoding);
  if (in.text() != kFormat) return std::nullopt;
  (void)in.text();
  if (!in.ok()) return std::nullopt;
  return encoding.substr(encoding.size() - in.left());
}

}  // namespace

bool KeyParts::operator==(const KeyParts& other) const {
  return encode(*this, compiler) == encode(other, other.compiler);
}

Key::Key(const KeyParts& parts)
    : encoding_(encode(parts, parts.compiler)), digest_(sha256(encoding_)), pack_digest_(sha256(encode(parts, ""))) {}

bool Key::equal_but_compiler(std::string_view encoding) const {
  const std::optional<std::string_view> other = behind_compiler(encoding);
  return other.has_value() && other == behind_compiler(encoding_);
}

std::optional<KeyParts> decode_key(std::string_view encoding) {
  ByteReader in(encoding);
  if (in.text() != kFormat) return std::nullopt;
  KeyParts parts;
  parts.compiler = in.text();
  parts.backend = in.text();
  parts.isa = in.text();
  for (std::uint64_t count = in.number(); in.ok() && count > 0; --count) parts.options.emplace_back(in.text());
  parts.sources = in.text();
  for (std::uint64_t count = in.number(); in.ok() && count > 0; --count) {
    Header header;
    header.name = in.text();
    header.text = in.text();
    parts.headers.push_back(std::move(header));
  }
  parts.specification = in.text();
  if (!in.done()) return std::nullopt;
  return parts;
}

}  // namespace flashrnn::jit
