// SPDX-License-Identifier: Apache-2.0
#include "common/jit/pack.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "common/jit/bytes.hpp"
#include "common/jit/entry.hpp"
#include "common/jit/files.hpp"

namespace flashrnn::jit {
namespace {

constexpr std::string_view kMagic = "FRNNpak\n";
constexpr std::size_t kDigestBytes = Digest{}.size();
constexpr std::size_t kPlaceBytes = kDigestBytes + 2 * 8;
/// Magic, digest of the index, number of entries.
constexpr std::size_t kHeadBytes = kMagic.size() + kDigestBytes + 8;

std::string_view view(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

Digest to_digest(std::string_view bytes) {
  Digest digest{};
  std::memcpy(digest.data(), bytes.data(), std::min(bytes.size(), digest.size()));
  return digest;
}

/// "" unless all of it can be read.
std::string read_part(int fd, std::uint64_t offset, std::uint64_t bytes) {
  std::string part(static_cast<std::size_t>(bytes), '\0');
  std::size_t filled = 0;
  while (filled < part.size()) {
    const ssize_t count = ::pread(fd, part.data() + filled, part.size() - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    filled += static_cast<std::size_t>(count);
  }
  return part;
}

}  // namespace

Status Pack::open(const std::filesystem::path& path, std::unique_ptr<const Pack>* pack) {
  std::unique_ptr<Pack> opened(new Pack(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)));
  struct stat status {};
  if (opened->fd_ < 0 || ::fstat(opened->fd_, &status) != 0) {
    return Status::invalid("the pack " + path.string() + " can't be read: " + std::strerror(errno));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string head = S_ISREG(status.st_mode) && size >= kHeadBytes ? read_part(opened->fd_, 0, kHeadBytes) : "";
  if (!head.starts_with(kMagic)) return Status::invalid("the file " + path.string() + " is no pack of this version");
  const Status damaged = Status::invalid("the pack " + path.string() + " is damaged: make it again");
  const std::string_view stated = std::string_view(head).substr(kMagic.size(), kDigestBytes);
  const std::uint64_t count = ByteReader(std::string_view(head).substr(kHeadBytes - 8)).number();
  if (count > (size - kHeadBytes) / kPlaceBytes) return damaged;
  const std::string index = read_part(opened->fd_, kHeadBytes, count * kPlaceBytes);
  if (index.size() != count * kPlaceBytes) return damaged;
  Sha256 sum;
  sum.add(std::string_view(head).substr(kHeadBytes - 8));
  sum.add(index);
  if (view(sum.finish()) != stated) return damaged;
  ByteReader in(index);
  for (std::uint64_t i = 0; i < count; ++i) {
    Place place{};
    place.digest = to_digest(in.raw(kDigestBytes));
    place.offset = in.number();
    place.bytes = in.number();
    if (place.offset > size || place.bytes > size - place.offset) return damaged;
    opened->index_.push_back(place);
  }
  *pack = std::move(opened);
  return {};
}

Pack::~Pack() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Pack::entry(std::size_t index) const { return read_part(fd_, index_[index].offset, index_[index].bytes); }

bool Pack::find(const Key& key, Image* image) const {
  const auto place = std::lower_bound(index_.begin(), index_.end(), key.pack_digest(),
                                      [](const Place& p, const Digest& digest) { return p.digest < digest; });
  if (place == index_.end() || place->digest != key.pack_digest()) return false;
  std::optional<Entry> entry = decode_entry(this->entry(static_cast<std::size_t>(place - index_.begin())));
  if (!entry || !key.equal_but_compiler(entry->key)) return false;
  *image = std::move(entry->image);
  return true;
}

void PackWriter::add(const KeyParts& parts, const Image& image) {
  const Key key(parts);
  entries_[key.pack_digest()] = encode_entry(key.encoding(), image);
}

Status PackWriter::write(const std::filesystem::path& path) const {
  ByteWriter index;
  index.number(entries_.size());
  std::uint64_t offset = kHeadBytes + kPlaceBytes * entries_.size();
  for (const auto& [digest, entry] : entries_) {
    index.raw(view(digest));
    index.number(offset);
    index.number(entry.size());
    offset += entry.size();
  }
  std::string bytes(kMagic);
  bytes += view(sha256(index.bytes()));
  bytes += index.bytes();
  for (const auto& [digest, entry] : entries_) bytes += entry;
  if (!write_file(path, bytes, Readers::kAll)) {
    return Status::invalid("the pack " + path.string() + " can't be written: " + std::strerror(errno));
  }
  return {};
}

}  // namespace flashrnn::jit
