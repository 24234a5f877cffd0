// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "hw_db/database.hpp"
#include "hw_db/fields.hpp"

namespace flashrnn::hw {
namespace {

const Database& embedded() {
  static const Database database = Database::load({.folder = {}, .read_environment = false, .embedded = true});
  return database;
}

std::string all_problems(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.to_string() + "\n";
  return text;
}

TEST(Devices, EveryFileIsValid) {
  EXPECT_EQ(all_problems(embedded().problems()), "");
  EXPECT_EQ(all_problems(validate_folder(HW_DB_FOLDER "/devices")), "");
}

TEST(Devices, EmbeddedFilesAreThoseOfTheFolder) {
  const Database folder =
      Database::load({.folder = HW_DB_FOLDER "/devices", .read_environment = false, .embedded = false});
  ASSERT_EQ(folder.devices().size(), embedded().devices().size());
  for (std::size_t i = 0; i < folder.devices().size(); ++i) {
    EXPECT_EQ(folder.devices()[i].name, embedded().devices()[i].name);
    EXPECT_EQ(folder.devices()[i].gpu.origins.size(), embedded().devices()[i].gpu.origins.size());
    EXPECT_EQ(folder.devices()[i].cpu.origins.size(), embedded().devices()[i].cpu.origins.size());
  }
}

TEST(Devices, AllThatArePromisedAreThere) {
  for (const char* name : {"nvidia/t4",          "nvidia/a100_40gb", "nvidia/a100_80gb",
                           "nvidia/a10",         "nvidia/a30",       "nvidia/rtx_3090",
                           "nvidia/l4",          "nvidia/l40s",      "nvidia/rtx_4090",
                           "nvidia/h100_sxm",    "nvidia/h100_pcie", "nvidia/h200",
                           "nvidia/gh200",       "nvidia/b200",      "nvidia/rtx_5090",
                           "amd/mi100",          "amd/mi210",        "nvidia/jetson_agx_orin",
                           "amd/mi250x",         "amd/mi300a",       "amd/mi300x",
                           "amd/mi325x",         "amd/mi355x",       "amd/rx_6900_xt",
                           "amd/rx_7900_xtx",    "amd/rx_9070_xt",   "cpu/zen2",
                           "cpu/zen3",           "cpu/zen4",         "cpu/zen5",
                           "cpu/skylake_sp",     "cpu/ice_lake_sp",  "cpu/sapphire_rapids",
                           "cpu/granite_rapids", "cpu/raptor_lake",  "cpu/apple_m1",
                           "cpu/apple_m2",       "cpu/graviton2",    "cpu/graviton3",
                           "cpu/graviton4",      "cpu/grace",        "cpu/ampere_altra"}) {
    const Device* device = embedded().find(name);
    ASSERT_NE(device, nullptr) << name;
    EXPECT_FALSE(device->is_family) << name;
  }
}

TEST(Devices, FindTakesFullNamesOnly) {
  EXPECT_EQ(embedded().find("h200"), nullptr);
  EXPECT_EQ(embedded().find(""), nullptr);
  ASSERT_NE(embedded().find("nvidia/families/sm_90"), nullptr);
  EXPECT_TRUE(embedded().find("nvidia/families/sm_90")->is_family);
}

template <typename Facts>
void expect_origins(const Device& device, std::span<const Field<Facts>> fields, const Facts& facts) {
  for (const Field<Facts>& field : fields) {
    const Origin* origin = facts.origin(field.name);
    ASSERT_EQ(origin != nullptr, value_text(field, facts).has_value()) << device.name << " " << field.name;
    if (origin == nullptr) continue;
    EXPECT_GT(origin->line, 1) << device.name << " " << field.name;
    EXPECT_FALSE(origin->title.empty()) << device.name << " " << field.name;
    EXPECT_THAT(origin->to_string(), testing::HasSubstr(".json:")) << device.name << " " << field.name;
  }
}

TEST(Devices, EveryFigureHasAnOrigin) {
  for (const Device& device : embedded().devices()) {
    expect_origins(device, gpu_fields(), device.gpu);
    expect_origins(device, cpu_fields(), device.cpu);
    for (const MatrixInstruction& instruction : device.gpu.matrix_instructions) {
      EXPECT_NE(device.gpu.origin("matrix_instructions/" + instruction.name), nullptr) << instruction.name;
    }
  }
}

TEST(Devices, NamesOfDriversAreOneDeviceEach) {
  std::set<std::string> seen;
  for (const Device& device : embedded().devices()) {
    if (device.is_family) continue;
    for (const std::string& name : device.driver_names) EXPECT_TRUE(seen.insert(name).second) << name;
  }
}

/// An isa copied from a file of another family would give the limits of one family with the code of another.
TEST(Devices, TheIsaOfAGpuIsThatOfTheFamilyItInherits) {
  for (const Device& device : embedded().devices()) {
    if (device.kind != Kind::kGpu || device.is_family) continue;
    ReportedGpu unknown;
    unknown.name = "a device of nobody";
    // Drivers do not say the letter of architecture-specific code.
    unknown.isa =
        device.vendor == "nvidia" ? device.isa.substr(0, device.isa.find_last_of("0123456789") + 1) : device.isa;
    const Device family = embedded().match(unknown);
    ASSERT_EQ(family.match, Match::kFamily) << device.name << ": no family has the isa " << device.isa;
    const Origin* from = device.gpu.origin("threads_per_warp");
    const Origin* expected = family.gpu.origin("threads_per_warp");
    ASSERT_NE(from, nullptr) << device.name;
    ASSERT_NE(expected, nullptr) << device.name;
    EXPECT_EQ(from->file, expected->file) << device.name << ": its isa is " << device.isa;
  }
}

TEST(Devices, FiguresOfTheH200) {
  const Device& h200 = *embedded().find("nvidia/h200");
  EXPECT_EQ(h200.kind, Kind::kGpu);
  EXPECT_EQ(h200.isa, "sm_90a");
  EXPECT_EQ(h200.gpu.compute_units, 132);
  EXPECT_EQ(h200.gpu.shared_bytes_per_block_max, 232448);
  EXPECT_EQ(h200.gpu.shared_bytes_reserved_per_block, 1024);
  EXPECT_EQ(h200.gpu.cluster_blocks_max_nonportable, 16);
  EXPECT_EQ(h200.gpu.cluster_exchange_ns, 250);
  EXPECT_EQ(h200.gpu.origin("cluster_exchange_ns")->kind, SourceKind::kMeasured);
  EXPECT_EQ(h200.gpu.origin("cluster_exchange_ns")->file, "nvidia/families/sm_90.json");
  EXPECT_EQ(h200.gpu.block_barrier_ns, 14.5);
  // It has none, and no file says so.
  EXPECT_FALSE(h200.gpu.last_level_cache_bytes);
  EXPECT_EQ(h200.gpu.origin("last_level_cache_bytes"), nullptr);
}

TEST(Devices, MatrixRatesOfADeviceGoIntoItsFamilysList) {
  const auto rate = [](const char* device, const char* name) -> Real {
    for (const MatrixInstruction& instruction : embedded().find(device)->gpu.matrix_instructions) {
      if (instruction.name == name) return instruction.flops_per_clock_per_compute_unit;
    }
    return std::nullopt;
  };
  EXPECT_EQ(rate("nvidia/l40s", "mma.m16n8k16.bf16.fp32"), 1024);
  EXPECT_EQ(rate("nvidia/rtx_4090", "mma.m16n8k16.bf16.fp32"), 512);
  EXPECT_EQ(rate("nvidia/rtx_4090", "mma.m16n8k16.fp16.fp16"), 1024);
  EXPECT_EQ(rate("amd/mi300x", "v_mfma_f32_16x16x16_bf16"), 2048);
}

TEST(Devices, PeaksAreThoseThatVendorsQuote) {
  // Dense matrix peak in TFLOPS, from the vendors' data sheets; another way to the same rates.
  struct Peak {
    const char* device;
    const char* instruction;
    double tflops;
  };
  for (const Peak& peak : {Peak{"nvidia/t4", "mma.m16n8k8.fp16.fp32", 65},
                           {"nvidia/a100_80gb", "mma.m16n8k16.bf16.fp32", 312},
                           {"nvidia/a30", "mma.m16n8k16.bf16.fp32", 165},
                           {"nvidia/a10", "mma.m16n8k16.bf16.fp32", 125},
                           {"nvidia/rtx_3090", "mma.m16n8k16.fp16.fp32", 71},
                           {"nvidia/l4", "mma.m16n8k16.bf16.fp32", 121},
                           {"nvidia/l40s", "mma.m16n8k16.bf16.fp32", 362},
                           {"nvidia/rtx_4090", "mma.m16n8k16.bf16.fp32", 165.2},
                           {"amd/mi100", "v_mfma_f32_32x32x8f16", 184.6},
                           {"amd/mi210", "v_mfma_f32_32x32x8bf16_1k", 181},
                           {"amd/mi300x", "v_mfma_f32_32x32x8_bf16", 1307.4},
                           {"amd/mi300a", "v_mfma_f32_32x32x8_bf16", 980.6},
                           {"amd/mi355x", "v_mfma_f32_16x16x32_bf16", 2516.6},
                           {"amd/rx_7900_xtx", "v_wmma_f32_16x16x16_f16", 122.8},
                           {"amd/rx_9070_xt", "v_wmma_f32_16x16x16_f16", 195}}) {
    const Device& device = *embedded().find(peak.device);
    double found = 0;
    for (const MatrixInstruction& instruction : device.gpu.matrix_instructions) {
      if (instruction.name == peak.instruction) found = instruction.flops_per_clock_per_compute_unit.value_or(0);
    }
    const double tflops = found * static_cast<double>(*device.gpu.compute_units) * *device.gpu.clock_mhz / 1e6;
    EXPECT_NEAR(tflops, peak.tflops, 0.02 * peak.tflops) << peak.device;
  }
}

}  // namespace
}  // namespace flashrnn::hw
