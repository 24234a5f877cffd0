// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/jit/compiler.hpp"
#include "common/jit/image.hpp"
#include "common/jit/key.hpp"
#include "common/jit/pack.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::jit {

/// Where an image came from.
enum class Origin { kMemory, kPack, kDisk, kCompiled };

struct CacheOptions {
  std::filesystem::path folder;                      ///< empty: nothing is kept on disk
  std::vector<std::filesystem::path> packs;          ///< files, asked in this order
  std::size_t memory_bytes = std::size_t{64} << 20;  ///< images kept in memory; the longest unused go first

  /// $FLASHRNN_CACHE_DIR (empty: no folder), else $XDG_CACHE_HOME/flashrnn, else ~/.cache/flashrnn; and the packs of
  /// default_packs().
  static CacheOptions from_environment();
};

/// Compiled images: in memory, in packs, in a folder. Many threads and processes may use one folder at once; an image
/// that is asked for by several at a time is compiled once, where the file system's locks allow it. A damaged entry is
/// compiled again, a folder that can't be read or written is no error: the disk never decides about a result.
class Cache {
 public:
  using Compile = std::function<Status(Image*)>;
  enum class Use {
    kAll,
    kWithoutPacks,  ///< when the driver refused what a pack has
  };

  explicit Cache(CacheOptions options = CacheOptions::from_environment());
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// The process's, with the environment as it was at the first call.
  static Cache& shared();

  /// Memory, packs, disk, then `compile`, whose error is handed on, to others that wait for the same key too, and is
  /// not kept. `compile` must not ask for the same key. `origin` may be null.
  Status find_or_compile(const KeyParts& parts, const Compile& compile, std::shared_ptr<const Image>* image,
                         Origin* origin = nullptr, Use use = Use::kAll);

  struct Request {
    std::string backend;  ///< "cuda"
    std::string isa;      ///< "sm_90a"
    std::string specification;
    Program program;
  };
  /// The request's key for a compiler, or for packs alone (null).
  static KeyParts key_of(const Request& request, const Compiler* compiler);

  /// The same for a program: `compiler` may be null, then `missing` is the error when no pack has the image.
  Status find_or_compile(const Request& request, const Compiler* compiler, const Status& missing,
                         std::shared_ptr<const Image>* image, Origin* origin = nullptr, Use use = Use::kAll);

 private:
  struct Flight;
  using FlightName = std::pair<Digest, Use>;
  struct Kept {
    std::shared_ptr<const Image> image;
    bool from_pack = false;
    std::list<Digest>::iterator use;
  };

  std::shared_ptr<const Image> recall(const Digest& digest, Use use);
  void keep(const Digest& digest, std::shared_ptr<const Image> image, bool from_pack);
  Status find_outside(const Key& key, const Compile& compile, Use use, Image* image, Origin* origin) const;

  const CacheOptions options_;
  std::vector<std::unique_ptr<const Pack>> packs_;
  std::mutex mutex_;
  std::condition_variable landed_;
  std::map<FlightName, std::shared_ptr<Flight>> flights_;
  std::map<Digest, Kept> memory_;
  std::list<Digest> uses_;  ///< last used first
  std::size_t memory_bytes_ = 0;
};

}  // namespace flashrnn::jit
