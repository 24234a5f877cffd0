// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <string>

#include "common/runtime/last_error.hpp"
#include "tests/api/calls.hpp"

/// struct_size: what an older or newer header's caller gives, and what a careless one does.
namespace flashrnn::testing {
namespace {

/// A struct as a caller with another header has it: `size` bytes, the known part copied, the rest zero.
template <typename T>
class Sized {
 public:
  Sized(const T& value, std::size_t size) {
    std::memcpy(words_.data(), &value, sizeof value);
    get()->struct_size = size;
  }
  T* get() { return reinterpret_cast<T*>(words_.data()); }
  unsigned char* bytes() { return reinterpret_cast<unsigned char*>(words_.data()); }

 private:
  std::array<std::uint64_t, 512> words_{};  ///< the largest size there is, 4096 bytes
};

/// Holds `call(T*)` against all that struct_size can be. `name` is how messages name the struct.
template <typename T, typename Run>
void check_sizes(const T& valid, const std::string& name, const Run& call) {
  constexpr std::size_t kSize = sizeof(T);
  SCOPED_TRACE(name);
  EXPECT_EQ(call(Sized<T>(valid, kSize).get()), FLASHRNN_SUCCESS) << flashrnn_last_error();
  for (const std::size_t size : {kSize + 8, kSize + 24, std::size_t{4096}}) {
    EXPECT_EQ(call(Sized<T>(valid, size).get()), FLASHRNN_SUCCESS) << size << flashrnn_last_error();
    for (const std::size_t tail : {kSize, size - 1}) {
      Sized<T> newer(valid, size);
      newer.bytes()[tail] = 1;
      EXPECT_EQ(call(newer.get()), FLASHRNN_INVALID_ARGUMENT);
      expect_message({name + ".struct_size is " + std::to_string(size), "beyond byte " + std::to_string(kSize)});
    }
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{8}, kSize - 8, kSize - 1, std::size_t{4097}, SIZE_MAX}) {
    T bad = valid;
    bad.struct_size = size;
    EXPECT_EQ(call(&bad), FLASHRNN_INVALID_ARGUMENT) << size;
    expect_message({name + ".struct_size is " + std::to_string(size), std::to_string(kSize), "_INIT"});
  }
  EXPECT_EQ(call(static_cast<T*>(nullptr)), FLASHRNN_INVALID_ARGUMENT);
  expect_message({name + " is null"});
  alignas(T) unsigned char odd[kSize + 8] = {};
  std::memcpy(odd + 4, &valid, kSize);
  EXPECT_EQ(call(reinterpret_cast<T*>(odd + 4)), FLASHRNN_INVALID_ARGUMENT);
  expect_message({name + " is at 0x", "not a multiple of 8"});
}

TEST(StructSize, Inputs) {
  reset_fake();
  const Context context("fake:0");
  check_sizes(valid_problem(), "problem", [&](const flashrnn_problem* problem) {
    flashrnn_plan* plan = nullptr;
    const flashrnn_status status = flashrnn_plan_create(context.get(), problem, &plan);
    EXPECT_EQ(plan != nullptr, status == FLASHRNN_SUCCESS);
    flashrnn_plan_destroy(plan);
    return status;
  });
  const PackCall pack;
  check_sizes(pack.args, "args", [&](auto* args) { return flashrnn_pack_weights(pack.plan->get(), args); });
  const ForwardCall forward;
  check_sizes(forward.args, "args", [&](auto* args) { return flashrnn_forward(forward.plan->get(), args); });
  const BackwardCall backward;
  check_sizes(backward.args, "args", [&](auto* args) { return flashrnn_backward(backward.plan->get(), args); });
  const StepCall step;
  check_sizes(step.args, "args", [&](auto* args) { return flashrnn_step(step.plan->get(), args); });
}

TEST(StructSize, ContextOptions) {
  reset_fake();
  const flashrnn_context_options valid = FLASHRNN_CONTEXT_OPTIONS_INIT;
  check_sizes(valid, "options", [&](const flashrnn_context_options* options) {
    if (options == nullptr) {  // legal: the defaults; the message stands in for that of the other structs
      set_last_error("options is null");
      return FLASHRNN_INVALID_ARGUMENT;
    }
    flashrnn_context* context = nullptr;
    const flashrnn_status status = flashrnn_context_create("fake:0", options, &context);
    EXPECT_EQ(context != nullptr, status == FLASHRNN_SUCCESS);
    flashrnn_context_destroy(context);
    return status;
  });
}

TEST(StructSize, Outputs) {
  reset_fake();
  const Plan plan(Context("fake:0"), valid_problem());
  const flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  check_sizes(sizes, "sizes", [&](flashrnn_sizes* out) { return flashrnn_plan_get_sizes(plan.get(), out); });
  const flashrnn_cell_info cell = FLASHRNN_CELL_INFO_INIT;
  check_sizes(cell, "info", [&](flashrnn_cell_info* out) { return flashrnn_get_cell(0, out); });
  check_sizes(cell, "info", [&](flashrnn_cell_info* out) { return flashrnn_find_cell("gru", out); });
  const flashrnn_device_info device = FLASHRNN_DEVICE_INFO_INIT;
  check_sizes(device, "info", [&](flashrnn_device_info* out) { return flashrnn_get_device(0, out); });
}

TEST(StructSize, OutputsKeepTheCallersSizeAndTail) {
  reset_fake();
  const Plan plan(Context("fake:0"), valid_problem());
  Sized<flashrnn_sizes> newer(FLASHRNN_SIZES_INIT, sizeof(flashrnn_sizes) + 16);
  ASSERT_EQ(flashrnn_plan_get_sizes(plan.get(), newer.get()), FLASHRNN_SUCCESS);
  EXPECT_EQ(newer.get()->struct_size, sizeof(flashrnn_sizes) + 16);
  EXPECT_EQ(newer.get()->reserve, kReserve);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(newer.bytes()[sizeof(flashrnn_sizes) + i], 0);
}

}  // namespace
}  // namespace flashrnn::testing
