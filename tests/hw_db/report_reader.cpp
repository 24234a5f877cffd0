// SPDX-License-Identifier: Apache-2.0
#include "tests/hw_db/report_reader.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {
namespace {

using Json = nlohmann::json;

void read_count(const Json& properties, const char* key, Count& to) {
  if (properties.contains(key)) to = properties[key].get<std::int64_t>();
}

GpuFacts read_facts(const Json& properties) {
  GpuFacts facts;
  read_count(properties, "multiProcessorCount", facts.compute_units);
  read_count(properties, "warpSize", facts.threads_per_warp);
  read_count(properties, "maxThreadsPerBlock", facts.max_threads_per_block);
  read_count(properties, "maxThreadsPerMultiProcessor", facts.max_threads_per_compute_unit);
  read_count(properties, "maxBlocksPerMultiProcessor", facts.max_blocks_per_compute_unit);
  read_count(properties, "regsPerMultiprocessor", facts.registers_32bit_per_compute_unit);
  read_count(properties, "sharedMemPerMultiprocessor", facts.shared_bytes_per_compute_unit);
  read_count(properties, "sharedMemPerBlockOptin", facts.shared_bytes_per_block_max);
  read_count(properties, "reservedSharedMemPerBlock", facts.shared_bytes_reserved_per_block);
  read_count(properties, "l2CacheSize", facts.l2_bytes);
  read_count(properties, "totalGlobalMem", facts.memory_bytes);
  // Clocks come in kHz; memory moves twice a clock.
  if (properties.contains("clockRate")) facts.clock_mhz = properties["clockRate"].get<double>() / 1000;
  if (properties.contains("memoryClockRate") && properties.contains("memoryBusWidth")) {
    const double bytes_per_clock = properties["memoryBusWidth"].get<double>() / 8 * 2;
    facts.memory_gb_per_s = properties["memoryClockRate"].get<double>() * 1e3 * bytes_per_clock / 1e9;
  }
  return facts;
}

}  // namespace

Replay read_replay(const std::filesystem::path& path) {
  const Json file = Json::parse(read_file(path));
  const bool is_cuda = file.contains("cuda");
  const Json properties = is_cuda ? file["cuda"] : file["hip"];
  Replay replay;
  replay.reported.name = properties["name"].get<std::string>();
  replay.reported.isa =
      is_cuda ? "sm_" + std::to_string(properties["major"].get<int>() * 10 + properties["minor"].get<int>())
              : properties["gcnArchName"].get<std::string>();
  replay.reported.facts = read_facts(properties);
  const std::string match = file["expect"]["match"].get<std::string>();
  if (match != "device" && match != "family" && match != "none") throw std::runtime_error("unknown match " + match);
  replay.match = match == "device" ? Match::kDevice : match == "family" ? Match::kFamily : Match::kNone;
  replay.name = file["expect"]["name"].get<std::string>();
  replay.logged = file["expect"]["logged"].get<int>();
  return replay;
}

}  // namespace flashrnn::hw
