// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/nvrtc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "backend_cuda/image.hpp"
#include "common/jit/cache.hpp"
#include "common/jit/kernel_source.hpp"
#include "tests/jit/support.hpp"

namespace flashrnn::cuda {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What the library's kernels look like to the compiler, in small.
jit::Program example_program(const std::string& body = "data[threadIdx.x] += 1.0f;") {
  jit::Program program;
  program.name = "example";
  program.options = {"--std=c++20", "--device-as-default-execution-space"};
  program.text = R"(#include "common/device/types.hpp"
extern "C" __global__ void __launch_bounds__(128, 1)
    flashrnn_kernel(float* data, flashrnn::device::Int64 count) {
  )" + body + "\n}\n";
  return program;
}

class NvrtcTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status status = Nvrtc::find(0, &nvrtc_);
    if (!status.ok()) GTEST_SKIP() << status.message();
  }
  std::shared_ptr<const Nvrtc> nvrtc_;
};

TEST_F(NvrtcTest, TellsItsVersionAndArchitectures) {
  EXPECT_THAT(nvrtc_->version(), StartsWith("nvrtc " + std::to_string(nvrtc_->major()) + "."));
  EXPECT_GE(nvrtc_->major(), 12);
  EXPECT_THAT(nvrtc_->isas(), AllOf(Contains("sm_80"), Contains("sm_90")));
  std::shared_ptr<const Nvrtc> again;
  ASSERT_TRUE(Nvrtc::find(0, &again).ok());
  EXPECT_EQ(again, nvrtc_);
}

TEST_F(NvrtcTest, CompilesForEveryArchitecture) {
  for (std::string isa : nvrtc_->isas()) {
    if (isa < "sm_80" && isa.size() == 5) continue;
    if (isa == "sm_90" || isa.size() > 5) isa += "a";
    jit::Image image;
    Nvrtc::Report report;
    const jit::Program program = example_program(
        "__shared__ float s[300]; s[threadIdx.x] = data[threadIdx.x]; __syncthreads(); data[0] = s[count];");
    const Status status = nvrtc_->compile(program, isa, &image, &report);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_GT(report.seconds, 0) << isa;
    EXPECT_GT(image.resources.registers, 4) << isa;
    EXPECT_LE(image.resources.registers, 64) << isa;
    EXPECT_EQ(image.resources.spill_bytes, 0) << isa;
    EXPECT_EQ(image.resources.static_shared, 1200) << isa;
  }
}

TEST_F(NvrtcTest, TellsLocalMemory) {
  jit::Image image;
  const jit::Program program = example_program(
      "float x[100]; for (int i = 0; i < 100; ++i) x[i] = data[i * count]; data[0] = x[threadIdx.x % 100 * count % "
      "100];");
  ASSERT_TRUE(nvrtc_->compile(program, "sm_80", &image).ok());
  EXPECT_GE(image.resources.spill_bytes, 400);
  EXPECT_EQ(image.resources.static_shared, 0);
}

TEST_F(NvrtcTest, FindsEmbeddedAndExtraHeaders) {
  jit::Program program = example_program("data[0] = add_up(count);");
  program.text = "#include \"common/kernel/config.hpp\"\n#include \"mine.hpp\"\n" + program.text;
  program.headers = {{"mine.hpp", "inline float add_up(long long x) { return float(x); }"}};
  jit::Image image;
  const Status status = nvrtc_->compile(program, "sm_90a", &image);
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_F(NvrtcTest, ErrorsCarryTheFirstLines) {
  jit::Image image;
  Nvrtc::Report report;
  const Status status = nvrtc_->compile(example_program("no_such_name = 1;"), "sm_90a", &image, &report);
  EXPECT_EQ(status.code(), FLASHRNN_INTERNAL_ERROR);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("example"), HasSubstr("sm_90a"), HasSubstr("no_such_name")));
  EXPECT_THAT(report.log, HasSubstr("no_such_name"));
  jit::Program users = example_program();
  users.headers = {{"mine.hpp", "struct Broken {"}};
  users.text = "#include \"mine.hpp\"\n" + users.text;
  EXPECT_EQ(nvrtc_->compile(users, "sm_90a", &image).code(), FLASHRNN_INVALID_ARGUMENT);
  jit::Program option = example_program();
  option.options.emplace_back("--no-such-option");
  EXPECT_THAT(nvrtc_->compile(option, "sm_90a", &image).message(), HasSubstr("no-such-option"));
  jit::Program nameless = example_program();
  nameless.text = "extern \"C\" __global__ void other(float* x) { *x = 1; }";
  EXPECT_THAT(nvrtc_->compile(nameless, "sm_90a", &image).message(), HasSubstr("no kernel flashrnn_kernel"));
}

TEST_F(NvrtcTest, AnUnknownArchitectureIsUnsupported) {
  jit::Image image;
  const Status status = nvrtc_->compile(example_program(), "sm_999", &image);
  EXPECT_EQ(status.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("sm_999"), HasSubstr("sm_90")));
}

TEST_F(NvrtcTest, ServesThreadsAtOnceThroughTheCache) {
  jit::Cache cache(jit::CacheOptions{});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      jit::Cache::Request request{
          .backend = "cuda", .isa = "sm_80", .specification = std::to_string(i % 2), .program = {}};
      request.program = example_program("data[" + std::to_string(i % 2) + "] = 1.0f;");
      std::shared_ptr<const jit::Image> image;
      if (cache.find_or_compile(request, nvrtc_.get(), Status(), &image).ok() && image->code.size() > 100) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 4);
}

/// Real files, cut off and with flipped bytes.
TEST_F(NvrtcTest, ItsImagesMayBeDamaged) {
  jit::Image image;
  ASSERT_TRUE(nvrtc_->compile(example_program(), "sm_90a", &image).ok());
  std::vector<CompiledKernel> kernels;
  for (std::size_t length = 0; length < image.code.size(); length += 1 + length / 97) {
    (void)read_cubin(std::string(image.code, 0, length), &kernels);
  }
  std::minstd_rand random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = image.code;
    for (int flips = 0; flips < 1 + round % 4; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)read_cubin(bytes, &kernels);
  }
}

TEST(Nvrtc, ThatIsMissingIsNamed) {
  ::setenv("FLASHRNN_NVRTC", "/none/libnvrtc.so.13", 1);
  std::shared_ptr<const Nvrtc> nvrtc;
  const Status status = Nvrtc::find(99, &nvrtc);  // asked for here alone: answers are kept
  EXPECT_EQ(status.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_EQ(nvrtc, nullptr);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("/none/libnvrtc.so.13"), HasSubstr("FLASHRNN_NVRTC"), HasSubstr("pack")));
  ::setenv("FLASHRNN_NVRTC", "libm.so.6", 1);
  EXPECT_THAT(Nvrtc::find(98, &nvrtc).message(), HasSubstr("libm.so.6 has no function nvrtcGetErrorString"));
  ::unsetenv("FLASHRNN_NVRTC");
  EXPECT_THAT(Nvrtc::find(11, &nvrtc).message(), HasSubstr("CUDA 11"));
}

}  // namespace
}  // namespace flashrnn::cuda
