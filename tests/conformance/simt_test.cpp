// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "backend_cpu/simt/backend/simt_backend.hpp"
#include "common/runtime/backend.hpp"
#include "tests/cpu/network.hpp"
#include "verify/verify.hpp"

/// The GPU backends' host side and kernels on the emulated devices, against the reference: a share of the conformance
/// table. `flashrnn verify --device simt:32` runs all of it, and so does FLASHRNN_SIMT_SHARE=1 here.
namespace flashrnn::verify {
namespace {

using Context = std::unique_ptr<flashrnn_context, decltype(&flashrnn_context_destroy)>;

Context open_device(const std::string& name) {
  static const bool added = (add_backend(simt::simt_backend()), true);
  static_cast<void>(added);
  flashrnn_context* context = nullptr;
  EXPECT_EQ(flashrnn_context_create(name.c_str(), nullptr, &context), FLASHRNN_SUCCESS) << flashrnn_last_error();
  return {context, &flashrnn_context_destroy};
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The form that plans take while it lives; "" leaves the choice.
class ForcedForm {
 public:
  explicit ForcedForm(const std::string& form) {
    if (!form.empty()) setenv("FLASHRNN_GPU_FORM", form.c_str(), 1);
  }
  ~ForcedForm() { unsetenv("FLASHRNN_GPU_FORM"); }
  ForcedForm(const ForcedForm&) = delete;
  ForcedForm& operator=(const ForcedForm&) = delete;
};

/// One in `share` of the cases that `filter` leaves, from `first` on.
struct Part {
  std::string device;
  std::string form;
  std::string filter;
  std::uint64_t share;
  std::uint64_t first;
  std::size_t at_least;  ///< cases that the device has kernels for
};
void PrintTo(const Part& part, std::ostream* out) { *out << part.device << " " << part.form << " " << part.filter; }

/// The emulation has not every kernel.
bool is_unsupported(const CaseResult& result) {
  return result.message.find("plan_create failed (status 2)") != std::string::npos;
}

bool is_long(const Case& test) { return test.time > 100; }

class Simt : public testing::TestWithParam<Part> {};

TEST_P(Simt, Table) {
  const Part& part = GetParam();
  const ForcedForm form(part.form);
  const Context context = open_device(part.device);
  ASSERT_NE(context, nullptr);
  LibraryApi api(context.get(), part.device);
  const std::uint64_t share = number_from_environment("FLASHRNN_SIMT_SHARE", part.share);
  std::uint64_t index = 0;
  std::size_t run = 0;
  for (const Case& test : select_cases({.filter = part.filter, .dtype = FLASHRNN_DTYPE_DEFAULT})) {
    if (index++ % share != part.first % share || (is_long(test) && share > 1)) continue;
    const CaseResult result = run_case(api, test);
    if (is_unsupported(result)) continue;
    EXPECT_TRUE(result.ok) << result.name << ": " << result.message;
    ++run;
  }
  EXPECT_GE(run, part.at_least);
}

std::string name_of(const testing::TestParamInfo<Part>& info) {
  std::string name = info.param.device + "_" + info.param.form + "_" + info.param.filter;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

#ifdef FLASHRNN_SANITIZE_ADDRESS
// The few kernels of sanitized builds.
const std::vector<Part> kParts = {
    {"simt:32", "", "lstm/", 24, 0, 3},
    {"simt:32", "stepwise", "gru_reset_before/", 16, 1, 3},
    {"simt:32", "cluster", "lstm/bf16/", 16, 6, 2},
    {"simt:32", "grid", "lstm/bf16/", 16, 1, 2},
};
constexpr std::uint64_t kSweepCases = 0;
#else
const std::vector<Part> kParts = {
    {"simt:32", "", "lstm/", 7, 0, 60},
    {"simt:32", "", "gru/", 7, 1, 30},
    {"simt:32", "", "gru_reset_before/", 7, 2, 30},
    {"simt:32", "", "elman", 7, 3, 60},
    {"simt:32", "stepwise", "lstm/bf16/", 5, 4, 20},
    {"simt:32", "stepwise", "elman_relu/fp32/", 5, 5, 15},
    {"simt:32", "cluster", "lstm/bf16/", 4, 2, 15},
    {"simt:32", "cluster", "gru/bf16/", 4, 0, 8},
    {"simt:32", "grid", "lstm/bf16/", 4, 1, 15},
    {"simt:32", "grid", "gru/bf16/", 4, 2, 8},
    {"simt:64", "", "lstm/", 7, 3, 30},
    {"simt:64", "", "gru/fp32/", 4, 0, 15},
    {"simt:64", "", "gru_reset_before/fp32/", 4, 1, 15},
    {"simt:64", "", "elman", 5, 1, 20},
    {"simt:64", "grid", "lstm/bf16/", 4, 3, 8},
};
constexpr std::uint64_t kSweepCases = 80;
#endif
INSTANTIATE_TEST_SUITE_P(Share, Simt, testing::ValuesIn(kParts), name_of);

/// Random cases on kernels that the plan chooses.
TEST(SimtSweep, Holds) {
  const std::uint64_t cases = number_from_environment("FLASHRNN_SIMT_SWEEP", kSweepCases);
  const Context context = open_device("simt:32");
  ASSERT_NE(context, nullptr);
  LibraryApi api(context.get(), "simt:32");
  for (std::uint64_t index = 0; index < cases; ++index) {
    const CaseResult result = run_case(api, sweep_case(number_from_environment("FLASHRNN_SWEEP_SEED", 5), index));
    EXPECT_TRUE(result.ok) << result.name << ": " << result.message;
  }
}

/// Chunks of two steps and more, the state carried on in fp32. (dR and db are sums of the chunks' own sums.)
TEST(SimtChunks, AreEqualToTheWhole) {
  open_device("simt:32");
  for (const char* form : {"block", "stepwise"}) {
    SCOPED_TRACE(form);
    const ForcedForm forced(form);
    const flashrnn::Context context("simt:32");
    flashrnn_problem problem = make_problem("lstm", 3, 9, 2, 24);
    problem.dtype = FLASHRNN_BF16;
    problem.state_dtype = FLASHRNN_F32;
    problem.training = 1;
    test::Network whole(problem);
    whole.run(Plan(context, problem));
    test::Network chunks(problem);
    chunks.run_in_chunks(context, {0, 2, 5, 9});
    EXPECT_EQ(whole.states, chunks.states);
    EXPECT_EQ(whole.dWx, chunks.dWx);
    EXPECT_EQ(whole.state, chunks.state);
    EXPECT_EQ(whole.dstate, chunks.dstate);
  }
}

}  // namespace
}  // namespace flashrnn::verify
