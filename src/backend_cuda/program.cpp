// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/program.hpp"

#include "backend_cuda/nvrtc.hpp"
#include "common/gpu/cell_source.hpp"
#include "common/jit/kernel_source.hpp"

namespace flashrnn::cuda {
namespace {

constexpr jit::SourceDevice kSourceDevice = {"backend_cuda/device/cuda_device.hpp", "flashrnn::cuda::CudaDevice",
                                             "const __grid_constant__"};
constexpr const char* kCellHeader = "flashrnn_cell.hpp";

}  // namespace

const std::vector<std::string>& program_options() {
  // Products and sums are fused where the source says so only (common/cell/math.hpp). Quotients are good to two units
  // in the last place: exact ones call a function.
  static const auto& options = *new std::vector<std::string>{"--std=c++20", "--device-as-default-execution-space",
                                                             "--fmad=false", "--prec-div=false"};
  return options;
}

jit::Cache::Request request_of(const gpu::KernelSpec& spec, const std::string& isa) {
  jit::Cache::Request request;
  request.backend = "cuda";
  request.isa = isa;
  request.specification = gpu::to_string(spec);
  std::vector<std::string> headers;
  for (const std::string_view header : gpu::headers_of(spec)) headers.emplace_back(header);
  const gpu::CellSource* const cell = gpu::cell_source(spec.cell);
  if (cell != nullptr && cell->header == nullptr && cell->text != nullptr) {
    request.program.headers.push_back({kCellHeader, cell->text});
    headers.emplace_back(kCellHeader);
  }
  request.program.name = gpu::template_of(spec.kind);
  request.program.text = jit::kernel_source(kSourceDevice, headers, gpu::type_name(spec, kSourceDevice.type));
  request.program.options = program_options();
  return request;
}

ImageSource compiled_images(int driver_version) {
  return [driver_version](const gpu::KernelSpec& spec, const std::string& isa, jit::Cache::Use use,
                          std::shared_ptr<const jit::Image>* image, jit::Origin* origin) -> Status {
    std::shared_ptr<const Nvrtc> nvrtc;
    const Status missing = Nvrtc::find(driver_version / 1000, &nvrtc);
    return jit::Cache::shared().find_or_compile(request_of(spec, isa), nvrtc.get(), missing, image, origin, use);
  };
}

}  // namespace flashrnn::cuda
