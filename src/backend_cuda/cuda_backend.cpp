// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>
#include <utility>

#include "backend_cuda/gpu.hpp"
#include "common/gpu/plan.hpp"
#include "common/runtime/backend.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn {
namespace {

using cuda::CudaGpu;
using cuda::Driver;

class CudaContext final : public DeviceContext {
 public:
  CudaContext(std::shared_ptr<const CudaGpu> gpu, Logger logger) : gpu_(std::move(gpu)), logger_(std::move(logger)) {}

  [[nodiscard]] bool host_memory() const override { return false; }
  Status create_plan(const Problem& problem, std::unique_ptr<DevicePlan>* plan) const override {
    return gpu::create_plan(gpu_, problem, logger_, plan);
  }

 private:
  const std::shared_ptr<const CudaGpu> gpu_;
  const Logger logger_;
};

/// What flashrnn_get_device shows, with the strings that it points to.
struct Listing {
  struct Texts {
    std::string name, description, isa;
  };
  std::vector<std::unique_ptr<const Texts>> texts;
  std::vector<flashrnn_device_info> infos;
};

void add(const cuda::ReportedDevice& reported, Listing* listing) {
  const hw::Device device = cuda::hardware_of(reported, {});
  auto texts = std::make_unique<Listing::Texts>(
      Listing::Texts{message("cuda:", reported.ordinal), reported.report.name, device.isa});
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  info.name = texts->name.c_str();
  info.description = texts->description.c_str();
  info.isa = info.isas = texts->isa.c_str();
  info.compute_units = static_cast<std::int32_t>(device.gpu.compute_units.value_or(0));
  info.l1_bytes = device.gpu.l1_bytes_per_compute_unit.value_or(0);
  info.l2_bytes = device.gpu.l2_bytes.value_or(0);
  listing->texts.push_back(std::move(texts));
  listing->infos.push_back(info);
}

/// Empty where there is no driver: then only a name that asks for one says so.
Listing list_devices() {
  Listing listing;
  const Driver* driver = nullptr;
  std::vector<cuda::ReportedDevice> devices;
  if (!Driver::find(&driver).ok() || !cuda::read_devices(*driver, &devices).ok()) return listing;
  for (const cuda::ReportedDevice& device : devices) {
    if (device.usable()) add(device, &listing);
  }
  return listing;
}

/// "cuda" stands for "cuda:0". The name is well-formed (common/api).
Status parse_ordinal(std::string_view name, int* ordinal) {
  *ordinal = 0;
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view digits = name.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *ordinal);
  if (error == std::errc() && end == digits.data() + digits.size()) return {};
  return Status::invalid(message("device: '", name, "' is no CUDA device; names are 'cuda:0', 'cuda:1' and so on"));
}

class CudaBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view prefix() const override { return "cuda"; }

  [[nodiscard]] const std::vector<flashrnn_device_info>& devices() const override {
    static const Listing& listing =
        *new Listing(list_devices());  // never destroyed: strings live as long as the process
    return listing.infos;
  }

  Status create_context(std::string_view name, const flashrnn_context_options& options, Logger logger,
                        std::unique_ptr<DeviceContext>* context) const override {
    int ordinal = 0;
    FLASHRNN_RETURN_IF_ERROR(parse_ordinal(name, &ordinal));
    if (options.cpu_isa != nullptr) {
      return Status::invalid(message("cpu_isa is ", quoted(options.cpu_isa), "; device '", name, "' is no CPU"));
    }
    const Driver* driver = nullptr;
    if (const Status status = Driver::find(&driver); !status.ok()) {
      return {status.code(), message("device '", name, "': ", status.message())};
    }
    hw::Log log;
    if (logger) {
      log = [&logger](std::string_view line) { logger(FLASHRNN_LOG_WARNING, std::string(line).c_str()); };
    }
    std::shared_ptr<const CudaGpu> gpu;
    FLASHRNN_RETURN_IF_ERROR(CudaGpu::open(*driver, ordinal, cuda::compiled_images(driver->version()), log, &gpu));
    *context = std::make_unique<CudaContext>(std::move(gpu), std::move(logger));
    return {};
  }
};

}  // namespace

const Backend& cuda_backend() {
  static const CudaBackend backend;
  return backend;
}

}  // namespace flashrnn
