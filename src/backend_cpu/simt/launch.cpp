// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/launch.hpp"

#include <exception>
#include <new>

#include "backend_cpu/simt/engine.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::simt {
namespace {

constexpr int kMostThreads = 1024;
constexpr std::int64_t kMostShared = std::int64_t{1} << 20;
constexpr std::int64_t kMostGrid = std::int64_t{1} << kThreadBits;
// Each lane has a stack with a guard page, which are two mappings; systems allow some 65,000.
constexpr std::int64_t kMostResident = 24576;

Status out_of_range(const char* field, std::int64_t value, std::int64_t low, std::int64_t high) {
  return Status::invalid(message("LaunchConfig::", field, " is ", value, "; ", low, " to ", high, " are allowed"));
}

Status check(const LaunchConfig& config) {
  if (config.threads < 1 || config.threads > kMostThreads)
    return out_of_range("threads", config.threads, 1, kMostThreads);
  const std::int64_t most_blocks = kMostGrid / config.threads;
  if (config.blocks < 1 || config.blocks > most_blocks) return out_of_range("blocks", config.blocks, 1, most_blocks);
  if (config.cluster < 1 || config.cluster > kMostCluster)
    return out_of_range("cluster", config.cluster, 1, kMostCluster);
  if (config.blocks % config.cluster != 0) {
    return Status::invalid(
        message("LaunchConfig::blocks is ", config.blocks, ", which is no multiple of the cluster's ", config.cluster));
  }
  if (config.shared_bytes < 0 || config.shared_bytes > kMostShared) {
    return out_of_range("shared_bytes", config.shared_bytes, 0, kMostShared);
  }
  const std::int64_t resident = std::int64_t{config.cooperative ? config.blocks : config.cluster} * config.threads;
  if (resident > kMostResident) {
    return Status::invalid(message("LaunchConfig asks for ", resident, " threads resident at once; at most ",
                                   kMostResident, " are allowed"));
  }
  return {};
}

}  // namespace

Status launch_kernel(const LaunchConfig& config, Memory& memory, const KernelEntry& kernel, LaunchResult* result) {
  try {
    FLASHRNN_RETURN_IF_ERROR(check(config));
    Engine engine(config, memory, kernel);
    Status status = engine.run();
    if (result != nullptr) result->switches = engine.switches;
    return status;
  } catch (const std::bad_alloc&) {
    return {FLASHRNN_OUT_OF_MEMORY, "the host emulation of a device has no memory left"};
  } catch (const std::exception& error) {
    return {FLASHRNN_INTERNAL_ERROR, message("the host emulation of a device failed: ", error.what())};
  }
}

}  // namespace flashrnn::simt
