// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/support.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace flashrnn::cuda::test {
namespace {

fake::Books& loaded_books() {
  void* const library = dlopen(FLASHRNN_FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  using Get = fake::Books*();
  return *reinterpret_cast<Get*>(dlsym(library, "flashrnn_fake_books"))();
}

}  // namespace

FakeDriverTest::FakeDriverTest() : books(loaded_books()) {
  static const fake::Books fresh = books;
  books = fresh;
  EXPECT_TRUE(Driver::open(FLASHRNN_FAKE_DRIVER, &driver).ok());
}

FakeDriverTest::~FakeDriverTest() {
  EXPECT_EQ(books.retained, 0);
  EXPECT_EQ(books.modules, 0);
  EXPECT_EQ(books.astray, 0);
}

ImageSource FakeDriverTest::images() {
  return [this](const gpu::KernelSpec& spec, const std::string& isa, jit::Cache::Use use,
                std::shared_ptr<const jit::Image>* image, jit::Origin* from) -> Status {
    EXPECT_EQ(isa, "sm_90a");
    ++images_made;
    auto made = std::make_shared<jit::Image>();
    made->code = spec.cell + (use == jit::Cache::Use::kAll ? ":pack" : "");
    *image = made;
    *from = use == jit::Cache::Use::kAll ? origin : jit::Origin::kCompiled;
    return {};
  };
}

std::shared_ptr<const CudaGpu> FakeDriverTest::open() {
  std::shared_ptr<const CudaGpu> gpu;
  const Status status = CudaGpu::open(
      *driver, 0, images(), [this](std::string_view line) { log.emplace_back(line); }, &gpu);
  EXPECT_TRUE(status.ok()) << status.message();
  return gpu;
}

gpu::KernelSpec spec_of(const std::string& cell) {
  gpu::KernelSpec spec;
  spec.cell = cell;
  return spec;
}

}  // namespace flashrnn::cuda::test
