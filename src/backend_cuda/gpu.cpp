// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/gpu.hpp"

#include <cstdint>
#include <utility>

#include "backend_cuda/kernel.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::cuda {
namespace {

std::int64_t shared_bytes_max(const ReportedDevice& device) {
  return device.report.facts.shared_bytes_per_block_max.value_or(48 << 10);
}

}  // namespace

Status CudaGpu::open(const Driver& driver, int ordinal, ImageSource images, const hw::Log& log,
                     std::shared_ptr<const CudaGpu>* gpu) {
  ReportedDevice reported;
  FLASHRNN_RETURN_IF_ERROR(read_device(driver, ordinal, &reported));
  if (!reported.usable()) {
    return Status::unsupported(message("device 'cuda:", ordinal, "' (", reported.report.name,
                                       ") has compute capability ", reported.major, ".", reported.minor,
                                       "; 8.0 or later is needed"));
  }
  std::shared_ptr<const PrimaryContext> context;
  FLASHRNN_RETURN_IF_ERROR(PrimaryContext::retain(driver, reported.device, &context));
  gpu->reset(new CudaGpu(reported, hardware_of(reported, log), std::move(context), std::move(images)));
  return {};
}

CudaGpu::CudaGpu(const ReportedDevice& reported, hw::Device hardware, std::shared_ptr<const PrimaryContext> context,
                 ImageSource images)
    : reported_(reported),
      hardware_(std::move(hardware)),
      name_(message("cuda:", reported.ordinal)),
      context_(std::move(context)),
      images_(std::move(images)) {}

Status CudaGpu::find_kernel(const gpu::KernelSpec& spec, std::shared_ptr<const CudaKernel>* kernel) const {
  const std::string key = gpu::to_string(spec);
  {
    const std::lock_guard lock(mutex_);
    const auto it = kernels_.find(key);
    if (it != kernels_.end() && (*kernel = it->second.lock()) != nullptr) return {};
  }
  // Not under the lock: compiling takes long, and other kernels may be asked for.
  std::shared_ptr<const jit::Image> image;
  jit::Origin origin = jit::Origin::kCompiled;
  FLASHRNN_RETURN_IF_ERROR(images_(spec, hardware_.isa, jit::Cache::Use::kAll, &image, &origin));
  const auto load = [&] {
    return CudaKernel::load(context_, *image, shared_bytes_max(reported_), reported_.clusters, kernel);
  };
  Status status = load();
  if (!status.ok() && (origin == jit::Origin::kPack || origin == jit::Origin::kMemory)) {
    // A pack made by a newer compiler than the driver bears: compiled here it may do.
    if (!images_(spec, hardware_.isa, jit::Cache::Use::kWithoutPacks, &image, &origin).ok()) return status;
    status = load();
  }
  FLASHRNN_RETURN_IF_ERROR(std::move(status));
  const std::lock_guard lock(mutex_);
  std::erase_if(kernels_, [](const auto& entry) { return entry.second.expired(); });
  kernels_[key] = *kernel;
  return {};
}

Status CudaGpu::load(const gpu::KernelSpec& spec, const gpu::LaunchShape& shape,
                     std::shared_ptr<const gpu::Kernel>* kernel) const {
  const CurrentContext current(context_->driver(), context_->get());
  FLASHRNN_RETURN_IF_ERROR(current.status());
  std::shared_ptr<const CudaKernel> found;
  FLASHRNN_RETURN_IF_ERROR(find_kernel(spec, &found));
  if (shape.cluster > 1 && !reported_.clusters) {
    return Status::unsupported(message("device '", name_, "' (", reported_.report.name, ") has no clusters of blocks"));
  }
  FLASHRNN_RETURN_IF_ERROR(found->check(shape, reported_.report.facts.compute_units.value_or(1), gpu::to_string(spec)));
  *kernel = std::move(found);
  return {};
}

Status CudaGpu::launch(const gpu::Kernel& kernel, const gpu::LaunchShape& shape, const void* parameters,
                       [[maybe_unused]] std::size_t bytes, void* stream) const {
  const Driver& driver = context_->driver();
  const CurrentContext current(driver, context_->get());
  FLASHRNN_RETURN_IF_ERROR(current.status());
  const LaunchDescription description(shape, static_cast<CuStream>(stream));
  void* arguments[] = {const_cast<void*>(parameters)};
  const CuFunction function = static_cast<const CudaKernel&>(kernel).function();
  return driver.check(driver.functions().launch(description.get(), function, arguments, nullptr), "cuLaunchKernelEx");
}

Status CudaGpu::clear(void* target, std::size_t bytes, void* stream) const {
  if (bytes == 0) return {};
  const Driver& driver = context_->driver();
  const CurrentContext current(driver, context_->get());
  FLASHRNN_RETURN_IF_ERROR(current.status());
  const auto address = static_cast<CuDevicePointer>(reinterpret_cast<std::uintptr_t>(target));
  const auto on = static_cast<CuStream>(stream);
  if (address % 4 == 0 && bytes % 4 == 0) {
    return driver.check(driver.functions().set_words(address, 0, bytes / 4, on), "cuMemsetD32Async");
  }
  return driver.check(driver.functions().set_bytes(address, 0, bytes, on), "cuMemsetD8Async");
}

}  // namespace flashrnn::cuda
