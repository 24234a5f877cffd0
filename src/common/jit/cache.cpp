// SPDX-License-Identifier: Apache-2.0
#include "common/jit/cache.hpp"

#include <optional>
#include <utility>

#include "common/jit/entry.hpp"
#include "common/jit/file_lock.hpp"
#include "common/jit/files.hpp"
#include "common/jit/folder.hpp"
#include "common/jit/sources.hpp"

namespace flashrnn::jit {
namespace {

/// How long another process may compile a kernel before it is taken for stuck. The slowest kernels take some seconds.
constexpr std::chrono::seconds kPatience{60};

}  // namespace

/// One search that others wait for. Guarded by Cache::mutex_ but for the thread that flies it.
struct Cache::Flight {
  bool landed = false;
  Status status;
  std::shared_ptr<const Image> image;
  Origin origin = Origin::kMemory;
};

Cache::Cache(CacheOptions options) : options_(std::move(options)) {
  for (const std::filesystem::path& path : options_.packs) {
    std::unique_ptr<const Pack> pack;
    // One that can't be used has nothing; `flashrnn cache list` says why.
    if (Pack::open(path, &pack).ok()) packs_.push_back(std::move(pack));
  }
}

Cache::~Cache() = default;

Cache& Cache::shared() {
  // Never destroyed: backends may be asked for kernels while the process ends.
  static Cache* const cache = new Cache;
  return *cache;
}

std::shared_ptr<const Image> Cache::recall(const Digest& digest, Use use) {
  const auto it = memory_.find(digest);
  if (it == memory_.end() || (it->second.from_pack && use == Use::kWithoutPacks)) return nullptr;
  uses_.splice(uses_.begin(), uses_, it->second.use);
  return it->second.image;
}

void Cache::keep(const Digest& digest, std::shared_ptr<const Image> image, bool from_pack) {
  const auto drop = [&](std::map<Digest, Kept>::iterator it) {
    memory_bytes_ -= it->second.image->code.size();
    uses_.erase(it->second.use);
    memory_.erase(it);
  };
  if (const auto old = memory_.find(digest); old != memory_.end()) drop(old);
  const std::size_t bytes = image->code.size();
  if (bytes > options_.memory_bytes) return;
  while (memory_bytes_ > options_.memory_bytes - bytes) drop(memory_.find(uses_.back()));
  uses_.push_front(digest);
  memory_[digest] = {std::move(image), from_pack, uses_.begin()};
  memory_bytes_ += bytes;
}

Status Cache::find_outside(const Key& key, const Compile& compile, Use use, Image* image, Origin* origin) const {
  if (use == Use::kAll) {
    *origin = Origin::kPack;
    for (const auto& pack : packs_) {
      if (pack->find(key, image)) return {};
    }
  }
  *origin = Origin::kDisk;
  const Folder folder(options_.folder);
  if (folder.find(key, image)) return {};
  // Whoever compiles holds the lock; whoever waited for it finds an entry.
  std::optional<FileLock> lock;
  if (folder.prepare()) {
    lock.emplace(folder.path_of(key, kLockSuffix), kPatience);
    if (folder.find(key, image)) return {};
  }
  *origin = Origin::kCompiled;
  FLASHRNN_RETURN_IF_ERROR(compile(image));
  folder.store(key, *image);
  return {};
}

Status Cache::find_or_compile(const KeyParts& parts, const Compile& compile, std::shared_ptr<const Image>* image,
                              Origin* origin, Use use) {
  const Key key(parts);
  // Searches with and without packs may have different ends.
  const FlightName name{key.digest(), use};
  std::unique_lock lock(mutex_);
  Origin found = Origin::kMemory;
  if ((*image = recall(key.digest(), use)) != nullptr) {
    if (origin != nullptr) *origin = found;
    return {};
  }
  std::shared_ptr<Flight>& entry = flights_[name];
  if (entry != nullptr) {
    const std::shared_ptr<Flight> flight = entry;
    landed_.wait(lock, [&] { return flight->landed; });
    *image = flight->image;
    if (origin != nullptr) *origin = flight->origin;
    return flight->status;
  }
  const std::shared_ptr<Flight> flight = std::make_shared<Flight>();
  entry = flight;
  lock.unlock();

  // What the waiting threads get should compile() throw.
  Status status(FLASHRNN_OUT_OF_MEMORY, "a kernel could not be compiled in the memory that there is");
  const auto land = [&] {
    if (!lock.owns_lock()) lock.lock();
    flight->status = status;
    flight->landed = true;
    flights_.erase(name);
    landed_.notify_all();
  };
  try {
    auto result = std::make_shared<Image>();
    Status outcome = find_outside(key, compile, use, result.get(), &found);
    lock.lock();
    if (outcome.ok()) {
      flight->image = result;
      flight->origin = found;
      keep(key.digest(), result, found == Origin::kPack);
    }
    status = std::move(outcome);
  } catch (...) {
    land();
    throw;
  }
  land();
  *image = flight->image;
  if (origin != nullptr) *origin = flight->origin;
  return status;
}

KeyParts Cache::key_of(const Request& request, const Compiler* compiler) {
  KeyParts parts;
  parts.backend = request.backend;
  parts.isa = request.isa;
  parts.compiler = compiler == nullptr ? "" : compiler->version();
  parts.options = request.program.options;
  parts.sources = hex(embedded_sources_hash());
  parts.headers = request.program.headers;
  parts.specification = request.specification;
  return parts;
}

Status Cache::find_or_compile(const Request& request, const Compiler* compiler, const Status& missing,
                              std::shared_ptr<const Image>* image, Origin* origin, Use use) {
  const auto compile = [&](Image* compiled) {
    return compiler == nullptr ? missing : compiler->compile(request.program, request.isa, compiled);
  };
  return find_or_compile(key_of(request, compiler), compile, image, origin, use);
}

}  // namespace flashrnn::jit
