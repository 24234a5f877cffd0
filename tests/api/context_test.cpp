// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "tests/api/calls.hpp"

namespace flashrnn::testing {
namespace {

class ContextTest : public ::testing::Test {
 protected:
  ContextTest() { reset_fake(); }

  static void expect_bad(const char* device, const flashrnn_context_options* options, flashrnn_status status,
                         const std::vector<std::string>& parts) {
    int dummy = 0;
    auto* const untouched = reinterpret_cast<flashrnn_context*>(&dummy);
    flashrnn_context* context = untouched;
    EXPECT_EQ(flashrnn_context_create(device, options, &context), status) << (device == nullptr ? "null" : device);
    EXPECT_EQ(context, untouched);
    expect_message(parts);
    EXPECT_EQ(fake().open_contexts, 0);
  }
};

TEST_F(ContextTest, RefusesNames) {
  expect_bad(nullptr, nullptr, FLASHRNN_INVALID_ARGUMENT, {"flashrnn_context_create: ", "device is null", "fake:0"});
  for (const char* name : {"", "CPU", "cpu ", "cpu:", ":0", "cpu:x", "cpu:-1", "cpu:00000", "cuda:0:1", "c\xff"}) {
    expect_bad(name, nullptr, FLASHRNN_INVALID_ARGUMENT, {"device is '", "such as 'cpu'", "fake:0, fake:1"});
  }
  const std::string long_name(100000, 'x');
  expect_bad(long_name.c_str(), nullptr, FLASHRNN_DEVICE_UNAVAILABLE, {"device is 'xxx", "..."});
  expect_bad("npu:0", nullptr, FLASHRNN_DEVICE_UNAVAILABLE, {"device is 'npu:0'", "devices here: ", "fake:0"});
  expect_bad("fak", nullptr, FLASHRNN_DEVICE_UNAVAILABLE, {"device is 'fak'"});
  expect_bad("fake:2", nullptr, FLASHRNN_DEVICE_UNAVAILABLE, {"there is no such fake device"});
}

TEST_F(ContextTest, RefusesNullContext) {
  EXPECT_EQ(flashrnn_context_create("fake:0", nullptr, nullptr), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"context is null"});
}

TEST_F(ContextTest, RefusesOptions) {
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  for (const std::int32_t threads : {-1, 1025, INT32_MIN, INT32_MAX}) {
    options.num_threads = threads;
    expect_bad("fake:0", &options, FLASHRNN_INVALID_ARGUMENT,
               {"options.num_threads is " + std::to_string(threads), "[0, 1024]"});
  }
  options.num_threads = 0;
  options.reserved = 1;
  expect_bad("fake:0", &options, FLASHRNN_INVALID_ARGUMENT, {"options.reserved is 1", "must be 0"});
}

TEST_F(ContextTest, PassesOptionsOn) {
  std::vector<std::string> lines;
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  options.num_threads = 1024;
  options.cpu_isa = "";
  options.log = [](void* user, flashrnn_log_level level, const char* text) {
    static_cast<std::vector<std::string>*>(user)->push_back(std::to_string(level) + text);
  };
  options.log_user = &lines;
  {
    const Context context("fake:0", options);
    EXPECT_EQ(fake().options.num_threads, 1024);
    EXPECT_EQ(fake().options.cpu_isa, nullptr);
    ASSERT_TRUE(fake().logger);
    fake().logger(FLASHRNN_LOG_INFO, "hello");
    EXPECT_EQ(lines, std::vector<std::string>{"2hello"});
  }
  const Context silent("fake:0");
  EXPECT_FALSE(fake().logger);
}

TEST_F(ContextTest, PlansOutliveTheirContext) {
  {
    const ForwardCall call;  // its context is gone already
    EXPECT_EQ(fake().open_contexts, 1);
    EXPECT_EQ(fake().open_plans, 1);
    expect_good(call);
    flashrnn_context_destroy(nullptr);
    flashrnn_plan_destroy(nullptr);
  }
  EXPECT_EQ(fake().open_contexts, 0);
  EXPECT_EQ(fake().open_plans, 0);
}

TEST_F(ContextTest, ListsDevices) {
  const std::int32_t count = flashrnn_device_count();
  ASSERT_GE(count, 2);
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  ASSERT_EQ(flashrnn_get_device(count - 1, &info), FLASHRNN_SUCCESS);
  EXPECT_STREQ(info.name, "fake:1");
  EXPECT_EQ(info.compute_units, 4);
  EXPECT_EQ(info.l3_bytes, 7);
  for (const std::int32_t index : {-1, count, INT32_MIN, INT32_MAX}) {
    flashrnn_device_info same = info;
    EXPECT_EQ(flashrnn_get_device(index, &same), FLASHRNN_INVALID_ARGUMENT);
    EXPECT_EQ(same.name, info.name);
    expect_message({"index is " + std::to_string(index), "[0, " + std::to_string(count) + ")"});
  }
}

TEST_F(ContextTest, PlanQueriesRefuse) {
  const Plan plan(Context("fake:0"), valid_problem());
  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  EXPECT_EQ(flashrnn_plan_get_sizes(nullptr, &sizes), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"plan is null"});
  std::size_t needed = 77;
  EXPECT_EQ(flashrnn_plan_describe(nullptr, nullptr, 0, &needed), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"plan is null"});
  EXPECT_EQ(flashrnn_plan_describe(plan.get(), nullptr, 5, &needed), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"text is null", "capacity is 5"});
  EXPECT_EQ(needed, 77U);
  flashrnn_plan* out = nullptr;
  const flashrnn_problem problem = valid_problem();
  EXPECT_EQ(flashrnn_plan_create(nullptr, &problem, &out), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"context is null"});
  const Context context("fake:0");
  EXPECT_EQ(flashrnn_plan_create(context.get(), &problem, nullptr), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"plan is null"});
}

TEST_F(ContextTest, DescribesPlans) {
  const Plan plan(Context("fake:0"), valid_problem());
  EXPECT_EQ(plan.describe(), kDescription);
  const std::string whole = kDescription;
  for (std::size_t capacity = 0; capacity < whole.size() + 4; ++capacity) {
    std::string text(whole.size() + 8, '#');
    std::size_t needed = 0;
    ASSERT_EQ(flashrnn_plan_describe(plan.get(), text.data(), capacity, &needed), FLASHRNN_SUCCESS);
    EXPECT_EQ(needed, whole.size() + 1);
    if (capacity > 0) {
      EXPECT_EQ(text.c_str(), whole.substr(0, capacity - 1));
    }
    EXPECT_EQ(text.find_first_not_of('#', capacity), std::string::npos) << "wrote past the capacity " << capacity;
  }
}

}  // namespace
}  // namespace flashrnn::testing
