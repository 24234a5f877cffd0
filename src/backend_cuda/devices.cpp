// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/devices.hpp"

#include "common/runtime/message.hpp"

namespace flashrnn::cuda {
namespace {

class Attributes {
 public:
  Attributes(const Driver& driver, CuDevice device) : driver_(driver), device_(device) {}

  int get(CuDeviceAttribute attribute) {
    int value = 0;
    const CuResult result = driver_.functions().device_attribute(&value, attribute, device_);
    if (status_.ok()) status_ = driver_.check(result, "cuDeviceGetAttribute");
    return value;
  }
  /// Absent where the driver says 0: it does not know.
  hw::Count count(CuDeviceAttribute attribute) {
    const int value = get(attribute);
    return value > 0 ? hw::Count(value) : hw::Count();
  }
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  const Driver& driver_;
  const CuDevice device_;
  Status status_;
};

}  // namespace

Status read_device(const Driver& driver, int ordinal, ReportedDevice* device) {
  using A = CuDeviceAttribute;
  const DriverFunctions& f = driver.functions();
  int count = 0;
  FLASHRNN_RETURN_IF_ERROR(driver.check(f.device_count(&count), "cuDeviceGetCount"));
  if (ordinal < 0 || ordinal >= count) {
    return {FLASHRNN_DEVICE_UNAVAILABLE,
            message("device 'cuda:", ordinal, "' is none of the ", count, " that NVIDIA's driver shows")};
  }
  ReportedDevice d;
  d.ordinal = ordinal;
  FLASHRNN_RETURN_IF_ERROR(driver.check(f.device_get(&d.device, ordinal), "cuDeviceGet"));
  char name[256] = {};
  FLASHRNN_RETURN_IF_ERROR(driver.check(f.device_name(name, sizeof(name) - 1, d.device), "cuDeviceGetName"));
  d.report.name = name;
  Attributes attributes(driver, d.device);
  d.major = attributes.get(A::kComputeCapabilityMajor);
  d.minor = attributes.get(A::kComputeCapabilityMinor);
  d.clusters = attributes.get(A::kClusterLaunch) != 0;
  d.report.isa = message("sm_", d.major * 10 + d.minor);
  hw::GpuFacts& facts = d.report.facts;
  facts.compute_units = attributes.count(A::kMultiprocessorCount);
  facts.threads_per_warp = attributes.count(A::kWarpSize);
  facts.max_threads_per_block = attributes.count(A::kMaxThreadsPerBlock);
  facts.max_threads_per_compute_unit = attributes.count(A::kMaxThreadsPerMultiprocessor);
  facts.max_blocks_per_compute_unit = attributes.count(A::kMaxBlocksPerMultiprocessor);
  facts.registers_32bit_per_compute_unit = attributes.count(A::kMaxRegistersPerMultiprocessor);
  facts.shared_bytes_per_compute_unit = attributes.count(A::kMaxSharedMemoryPerMultiprocessor);
  facts.shared_bytes_per_block_max = attributes.count(A::kMaxSharedMemoryPerBlockOptIn);
  facts.shared_bytes_reserved_per_block = attributes.count(A::kReservedSharedMemoryPerBlock);
  facts.l2_bytes = attributes.count(A::kL2CacheBytes);
  if (!d.clusters) facts.cluster_blocks_max = facts.cluster_blocks_max_nonportable = 0;
  if (const int khz = attributes.get(A::kClockRateKhz); khz > 0) facts.clock_mhz = khz / 1000.0;
  FLASHRNN_RETURN_IF_ERROR(attributes.status());
  std::size_t memory = 0;
  FLASHRNN_RETURN_IF_ERROR(driver.check(f.device_memory(&memory, d.device), "cuDeviceTotalMem"));
  facts.memory_bytes = static_cast<std::int64_t>(memory);
  *device = std::move(d);
  return {};
}

Status read_devices(const Driver& driver, std::vector<ReportedDevice>* devices) {
  int count = 0;
  FLASHRNN_RETURN_IF_ERROR(driver.check(driver.functions().device_count(&count), "cuDeviceGetCount"));
  std::vector<ReportedDevice> found(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    FLASHRNN_RETURN_IF_ERROR(read_device(driver, i, &found[static_cast<std::size_t>(i)]));
  }
  *devices = std::move(found);
  return {};
}

hw::Device hardware_of(const ReportedDevice& device, const hw::Log& log) {
  const hw::Database& database = hw::Database::shared();
  if (log) {
    for (const hw::Problem& problem : database.problems()) log(problem.to_string());
  }
  return database.match(device.report, log);
}

}  // namespace flashrnn::cuda
