// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/machine.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "backend_cuda/nvrtc.hpp"

namespace flashrnn::cuda::test {
namespace {

constexpr unsigned kNonBlocking = 1;

/// Where the sources were when this was built, or below the folder that the test is run in.
std::string read_source(const std::string& name) {
  for (const char* folder : {FLASHRNN_KERNELS, "tests/cuda/kernels"}) {
    std::ifstream file(std::string(folder) + "/" + name + ".cu");
    std::ostringstream text;
    if (file && text << file.rdbuf()) return text.str();
  }
  ADD_FAILURE() << name << ".cu is not there";
  return {};
}

template <class Function>
void find(void* library, const char* name, Function** function) {
  *function = reinterpret_cast<Function*>(dlsym(library, name));
  ASSERT_NE(*function, nullptr) << name;
}

MoreFunctions more_functions() {
  MoreFunctions f = {};
  const char* const own = std::getenv("FLASHRNN_CUDA_DRIVER");
  void* const library = dlopen(own != nullptr && *own != '\0' ? own : "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  find(library, "cuMemAlloc_v2", &f.allocate);
  find(library, "cuMemFree_v2", &f.free);
  find(library, "cuMemcpyHtoD_v2", &f.to_device);
  find(library, "cuMemcpyDtoH_v2", &f.to_host);
  find(library, "cuStreamCreate", &f.stream_create);
  find(library, "cuStreamDestroy_v2", &f.stream_destroy);
  find(library, "cuStreamSynchronize", &f.stream_wait);
  find(library, "cuStreamBeginCapture_v2", &f.capture_begin);
  find(library, "cuStreamEndCapture", &f.capture_end);
  find(library, "cuGraphInstantiateWithFlags", &f.graph_instantiate);
  find(library, "cuGraphLaunch", &f.graph_launch);
  find(library, "cuGraphDestroy", &f.graph_destroy);
  find(library, "cuGraphExecDestroy", &f.executable_destroy);
  return f;
}

}  // namespace

jit::Program program_of(const std::string& name) {
  jit::Program program;
  program.name = name;
  program.text = read_source(name);
  program.options = program_options();
  return program;
}

ImageSource test_images() {
  return [](const gpu::KernelSpec& spec, const std::string& isa, jit::Cache::Use,
            std::shared_ptr<const jit::Image>* image, jit::Origin* origin) -> Status {
    std::shared_ptr<const Nvrtc> nvrtc;
    FLASHRNN_RETURN_IF_ERROR(Nvrtc::find(0, &nvrtc));
    auto made = std::make_shared<jit::Image>();
    FLASHRNN_RETURN_IF_ERROR(nvrtc->compile(program_of(spec.cell), isa, made.get()));
    *image = made;
    *origin = jit::Origin::kCompiled;
    return {};
  };
}

void OnGpu::SetUp() {
  if (const Status status = Driver::find(&driver); !status.ok()) GTEST_SKIP() << status.message();
  std::shared_ptr<const Nvrtc> nvrtc;
  if (const Status status = Nvrtc::find(driver->version() / 1000, &nvrtc); !status.ok()) {
    GTEST_SKIP() << status.message();
  }
  if (const Status status = CudaGpu::open(*driver, 0, test_images(), {}, &gpu); !status.ok()) {
    GTEST_SKIP() << status.message();
  }
  more = more_functions();
  ASSERT_TRUE(PrimaryContext::retain(*driver, 0, &context_).ok());
  current_ = std::make_unique<CurrentContext>(*driver, context_->get());
}

void OnGpu::TearDown() {
  for (const CuStream stream : streams_) static_cast<void>(more.stream_destroy(stream));
  for (const CuDevicePointer memory : memory_) static_cast<void>(more.free(memory));
}

std::shared_ptr<const gpu::Kernel> OnGpu::load(const std::string& program, const gpu::LaunchShape& shape) {
  gpu::KernelSpec spec;
  spec.cell = program;
  std::shared_ptr<const gpu::Kernel> kernel;
  const Status status = gpu->load(spec, shape, &kernel);
  EXPECT_TRUE(status.ok()) << status.message();
  if (kernel != nullptr) {
    EXPECT_EQ(kernel->resources().spill_bytes, 0) << program;
  }
  return kernel;
}

void OnGpu::expect_success(CuResult result, const char* call) const {
  const Status status = driver->check(result, call);
  EXPECT_TRUE(status.ok()) << status.message();
}

CuDevicePointer OnGpu::allocate(std::size_t bytes) {
  CuDevicePointer to = 0;
  expect_success(more.allocate(&to, bytes), "cuMemAlloc");
  memory_.push_back(to);
  return to;
}

CuStream OnGpu::make_stream() {
  CuStream stream = nullptr;
  expect_success(more.stream_create(&stream, kNonBlocking), "cuStreamCreate");
  streams_.push_back(stream);
  return stream;
}

}  // namespace flashrnn::cuda::test
