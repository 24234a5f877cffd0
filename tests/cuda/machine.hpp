// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend_cuda/driver.hpp"
#include "backend_cuda/gpu.hpp"

/// The machine's own GPU and compiler, for tests that skip without them.
namespace flashrnn::cuda::test {

/// A program of tests/cuda/kernels ("math"), with the options of the library's own.
jit::Program program_of(const std::string& name);
/// Of such programs by the name in spec.cell, compiled each time.
ImageSource test_images();

/// What of the driver tests need besides.
struct MoreFunctions {
  CuResult (*allocate)(CuDevicePointer*, std::size_t bytes);
  CuResult (*free)(CuDevicePointer);
  CuResult (*to_device)(CuDevicePointer, const void*, std::size_t bytes);
  CuResult (*to_host)(void*, CuDevicePointer, std::size_t bytes);
  CuResult (*stream_create)(CuStream*, unsigned flags);
  CuResult (*stream_destroy)(CuStream);
  CuResult (*stream_wait)(CuStream);
  CuResult (*capture_begin)(CuStream, int mode);
  CuResult (*capture_end)(CuStream, void** graph);
  CuResult (*graph_instantiate)(void** executable, void* graph, unsigned long long flags);
  CuResult (*graph_launch)(void* executable, CuStream);
  CuResult (*graph_destroy)(void* graph);
  CuResult (*executable_destroy)(void* executable);
};

/// Device 0 with its primary context current.
class OnGpu : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] std::shared_ptr<const gpu::Kernel> load(const std::string& program, const gpu::LaunchShape& shape);
  void expect_success(CuResult result, const char* call) const;
  /// Memory of the device, freed at the end of the test.
  CuDevicePointer allocate(std::size_t bytes);
  template <class T>
  CuDevicePointer upload(const std::vector<T>& values) {
    const CuDevicePointer to = allocate(values.size() * sizeof(T));
    expect_success(more.to_device(to, values.data(), values.size() * sizeof(T)), "cuMemcpyHtoD");
    return to;
  }
  template <class T>
  std::vector<T> download(CuDevicePointer from, std::size_t count) {
    std::vector<T> values(count);
    expect_success(more.to_host(values.data(), from, count * sizeof(T)), "cuMemcpyDtoH");
    return values;
  }
  CuStream make_stream();

  const Driver* driver = nullptr;
  MoreFunctions more = {};
  std::shared_ptr<const CudaGpu> gpu;

 private:
  std::shared_ptr<const PrimaryContext> context_;
  std::unique_ptr<CurrentContext> current_;
  std::vector<CuDevicePointer> memory_;
  std::vector<CuStream> streams_;
};

}  // namespace flashrnn::cuda::test
