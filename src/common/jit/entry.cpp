// SPDX-License-Identifier: Apache-2.0
#include "common/jit/entry.hpp"

#include <algorithm>

#include "common/jit/bytes.hpp"
#include "common/jit/sha256.hpp"

namespace flashrnn::jit {
namespace {

constexpr std::string_view kMagic = "FRNNimg\n";

std::string_view view(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

}  // namespace

std::string encode_entry(std::string_view key, const Image& image) {
  ByteWriter body;
  body.text(key);
  body.number(static_cast<std::uint64_t>(image.resources.registers));
  body.number(static_cast<std::uint64_t>(image.resources.spill_bytes));
  body.number(static_cast<std::uint64_t>(image.resources.static_shared));
  body.text(image.code);
  std::string bytes(kMagic);
  bytes += view(sha256(body.bytes()));
  bytes += body.bytes();
  return bytes;
}

std::optional<Entry> decode_entry(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.raw(kMagic.size()) != kMagic) return std::nullopt;
  const std::string_view stated = in.raw(Digest{}.size());
  if (!in.ok() || stated != view(sha256(bytes.substr(bytes.size() - in.left())))) return std::nullopt;
  Entry entry;
  entry.key = in.text();
  entry.image.resources.registers = static_cast<std::int32_t>(in.number());
  entry.image.resources.spill_bytes = static_cast<std::int32_t>(in.number());
  entry.image.resources.static_shared = static_cast<std::int64_t>(in.number());
  entry.image.code = in.text();
  if (!in.done()) return std::nullopt;
  return entry;
}

}  // namespace flashrnn::jit
