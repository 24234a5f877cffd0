// SPDX-License-Identifier: Apache-2.0
#include "database_text.hpp"

#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

std::string count_text(const hw::Count& count) { return count ? std::to_string(*count) : "?"; }
std::string real_text(const hw::Real& real) { return real ? format("%.6g", *real) : "?"; }
/// A level that a device does not have is 0.
std::string size_text(const hw::Count& count) { return !count ? "?" : *count == 0 ? "-" : bytes_text(*count); }

std::string gpus_text(const hw::Database& database) {
  using Align = Table::Align;
  Table table({{"GPU", Align::kLeft},
               {"description", Align::kLeft},
               {"isa", Align::kLeft},
               {"units"},
               {"MHz"},
               {"shared, a block"},
               {"cluster"},
               {"L2"},
               {"memory"},
               {"GB/s"}});
  for (const hw::Device& d : database.devices()) {
    if (d.kind != hw::Kind::kGpu || d.is_family) continue;
    table.add({d.name, d.description, d.isa, count_text(d.gpu.compute_units), real_text(d.gpu.clock_mhz),
               size_text(d.gpu.shared_bytes_per_block_max),
               count_text(d.gpu.cluster_blocks_max_nonportable ? d.gpu.cluster_blocks_max_nonportable
                                                               : d.gpu.cluster_blocks_max),
               size_text(d.gpu.l2_bytes), size_text(d.gpu.memory_bytes), real_text(d.gpu.memory_gb_per_s)});
  }
  return table.text();
}

std::string cpus_text(const hw::Database& database) {
  using Align = Table::Align;
  Table table({{"CPU", Align::kLeft},
               {"description", Align::kLeft},
               {"isa", Align::kLeft},
               {"cores"},
               {"MHz"},
               {"vectors"},
               {"L1"},
               {"L2"},
               {"L3"},
               {"cores per L3"}});
  for (const hw::Device& d : database.devices()) {
    if (d.kind != hw::Kind::kCpu || d.is_family) continue;
    table.add({d.name, d.description, d.isa, count_text(d.cpu.cores), real_text(d.cpu.clock_mhz),
               size_text(d.cpu.vector_bytes), size_text(d.cpu.l1_data_bytes), size_text(d.cpu.l2_bytes),
               size_text(d.cpu.l3_bytes), count_text(d.cpu.l3_sharing_cores)});
  }
  return table.text();
}

std::string families_text(const hw::Database& database) {
  using Align = Table::Align;
  Table table({{"family", Align::kLeft}, {"description", Align::kLeft}, {"fits", Align::kLeft}});
  for (const hw::Device& d : database.devices()) {
    if (d.is_family) table.add({d.name, d.description, join(d.driver_names)});
  }
  return table.text();
}

}  // namespace

std::string database_text(const hw::Database& database) {
  return gpus_text(database) + "\n" + cpus_text(database) + "\n" + families_text(database);
}

}  // namespace flashrnn::tool
