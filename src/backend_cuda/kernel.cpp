// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/kernel.hpp"

#include <limits>
#include <string>
#include <utility>

#include "common/runtime/message.hpp"

namespace flashrnn::cuda {
namespace {

constexpr std::int64_t kMostBlocks = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kPortableCluster = 8;

}  // namespace

Status CudaKernel::load(std::shared_ptr<const PrimaryContext> context, const jit::Image& image,
                        std::int64_t shared_bytes_max, bool clusters, std::shared_ptr<const CudaKernel>* kernel) {
  const std::shared_ptr<CudaKernel> made(new CudaKernel(std::move(context)));
  FLASHRNN_RETURN_IF_ERROR(made->prepare(image, shared_bytes_max, clusters));
  *kernel = made;
  return {};
}

Status CudaKernel::prepare(const jit::Image& image, std::int64_t shared_bytes_max, bool clusters) {
  const Driver& driver = context_->driver();
  const DriverFunctions& f = driver.functions();
  FLASHRNN_RETURN_IF_ERROR(driver.check(f.module_load(&module_, image.code.data()), "cuModuleLoadData"));
  FLASHRNN_RETURN_IF_ERROR(
      driver.check(f.module_function(&function_, module_, jit::kKernelName), "cuModuleGetFunction"));
  const auto get = [&](CuFunctionAttribute attribute, auto* value) {
    int read = 0;
    const CuResult result = f.function_attribute(&read, attribute, function_);
    *value = read;
    return driver.check(result, "cuFuncGetAttribute");
  };
  FLASHRNN_RETURN_IF_ERROR(get(CuFunctionAttribute::kRegisters, &resources_.registers));
  FLASHRNN_RETURN_IF_ERROR(get(CuFunctionAttribute::kLocalBytes, &resources_.spill_bytes));
  FLASHRNN_RETURN_IF_ERROR(get(CuFunctionAttribute::kSharedBytes, &resources_.static_shared));
  FLASHRNN_RETURN_IF_ERROR(get(CuFunctionAttribute::kMaxThreadsPerBlock, &threads_max_));
  FLASHRNN_RETURN_IF_ERROR(allow_shared(shared_bytes_max));
  if (!clusters) return {};
  return driver.check(f.set_function_attribute(function_, CuFunctionAttribute::kNonPortableClusterSizeAllowed, 1),
                      "cuFuncSetAttribute");
}

/// One kernel may be launched in several shapes, so it gets all there is. What is static counts, but not what the
/// system keeps for itself, which some drivers report as static.
Status CudaKernel::allow_shared(std::int64_t shared_bytes_max) {
  const Driver& driver = context_->driver();
  CuResult result = kCuSuccess;
  for (const std::int64_t bytes : {shared_bytes_max, shared_bytes_max - resources_.static_shared}) {
    result = driver.functions().set_function_attribute(function_, CuFunctionAttribute::kMaxDynamicSharedBytes,
                                                       static_cast<int>(bytes));
    if (result == kCuSuccess) dynamic_shared_max_ = bytes;
    if (result != kCuInvalidValue) break;
  }
  return driver.check(result, "cuFuncSetAttribute");
}

CudaKernel::~CudaKernel() {
  if (module_ == nullptr) return;
  const CurrentContext current(context_->driver(), context_->get());
  if (current.status().ok()) static_cast<void>(context_->driver().functions().module_unload(module_));
}

Status CudaKernel::check(const gpu::LaunchShape& shape, std::int64_t compute_units, const std::string& what) const {
  const Driver& driver = context_->driver();
  if (shape.blocks < 1 || shape.blocks > kMostBlocks) {
    return Status::unsupported(
        message("kernel ", what, ": ", shape.blocks, " blocks; a launch takes 1 to ", kMostBlocks));
  }
  if (shape.threads < 1 || shape.threads > threads_max_) {
    return Status::unsupported(message("kernel ", what, ": ", shape.threads, " threads a block; with its ",
                                       resources_.registers, " registers it runs with at most ", threads_max_));
  }
  const std::int64_t shared = shape.shared_bytes;
  if (shared < 0 || shared > dynamic_shared_max_) {
    return Status::unsupported(
        message("kernel ", what, ": ", shared, " bytes of shared memory a block > ", dynamic_shared_max_));
  }
  if (shape.cluster > 1) {
    int clusters = 0;
    const LaunchDescription description(shape, nullptr);
    FLASHRNN_RETURN_IF_ERROR(driver.check(driver.functions().active_clusters(&clusters, function_, description.get()),
                                          "cuOccupancyMaxActiveClusters"));
    const std::int64_t needed = shape.cooperative ? shape.blocks / shape.cluster : 1;
    if (clusters < needed) {
      return Status::unsupported(message("kernel ", what, ": ", clusters, " clusters of ", shape.cluster,
                                         " blocks with ", shape.threads, " threads and ", shared,
                                         " bytes of shared memory run at once, but ", needed, " are needed",
                                         shape.cluster > kPortableCluster ? " (more than 8 are not portable)" : ""));
    }
    return {};
  }
  int blocks = 0;
  FLASHRNN_RETURN_IF_ERROR(driver.check(
      driver.functions().active_blocks(&blocks, function_, shape.threads, static_cast<std::size_t>(shared)),
      "cuOccupancyMaxActiveBlocksPerMultiprocessor"));
  const std::int64_t resident = blocks * compute_units;
  const std::int64_t needed = shape.cooperative ? shape.blocks : 1;
  if (resident < needed) {
    return Status::unsupported(message("kernel ", what, ": ", resident, " blocks of ", shape.threads, " threads, ",
                                       resources_.registers, " registers and ", shared,
                                       " bytes of shared memory run at once, but ", needed, " are needed"));
  }
  return {};
}

LaunchDescription::LaunchDescription(const gpu::LaunchShape& shape, CuStream stream) {
  unsigned count = 0;
  if (shape.cluster > 1) {
    CuLaunchAttribute& attribute = attributes_[count++];
    attribute.id = CuLaunchAttributeId::kClusterDimension;
    attribute.value.cluster = {static_cast<unsigned>(shape.cluster), 1, 1};
  }
  if (shape.cooperative) {
    CuLaunchAttribute& attribute = attributes_[count++];
    attribute.id = CuLaunchAttributeId::kCooperative;
    attribute.value.cooperative = 1;
  }
  config_ = {static_cast<unsigned>(shape.blocks),
             1,
             1,
             static_cast<unsigned>(shape.threads),
             1,
             1,
             static_cast<unsigned>(shape.shared_bytes),
             stream,
             count == 0 ? nullptr : attributes_,
             count};
}

}  // namespace flashrnn::cuda
