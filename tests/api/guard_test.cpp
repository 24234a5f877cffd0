// SPDX-License-Identifier: Apache-2.0
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "common/runtime/last_error.hpp"
#include "tests/api/calls.hpp"

namespace flashrnn::testing {
namespace {

/// `hook` fails in each function that reaches the device.
void expect_everywhere(const std::function<Status()>& hook, flashrnn_status status,
                       const std::vector<std::string>& parts) {
  const auto check = [&](flashrnn_status got) {
    EXPECT_EQ(got, status);
    expect_message(parts);
    set_last_error("");
  };
  reset_fake();
  const Context context("fake:0");
  const flashrnn_problem problem = valid_problem();
  const PackCall pack;
  const ForwardCall forward;
  const BackwardCall backward;
  const StepCall step;
  const int plans = fake().open_plans;
  fake().on_create_plan = fake().on_call = hook;
  flashrnn_plan* plan = nullptr;
  check(flashrnn_plan_create(context.get(), &problem, &plan));
  EXPECT_EQ(plan, nullptr);
  EXPECT_EQ(fake().open_plans, plans);
  check(pack.run());
  check(forward.run());
  check(backward.run());
  check(step.run());
  reset_fake();
}

TEST(Guard, DeviceErrorsPassThrough) {
  expect_everywhere([] { return Status(FLASHRNN_DEVICE_ERROR, "the device burns"); }, FLASHRNN_DEVICE_ERROR,
                    {"flashrnn_", ": the device burns"});
  expect_everywhere([] { return Status::unsupported("D is 7, at most 6 here"); }, FLASHRNN_UNSUPPORTED,
                    {"D is 7, at most 6 here"});
}

TEST(Guard, NoExceptionLeaves) {
  expect_everywhere([]() -> Status { throw std::bad_alloc(); }, FLASHRNN_OUT_OF_MEMORY, {"no memory"});
  expect_everywhere([]() -> Status { throw std::logic_error("impossible"); }, FLASHRNN_INTERNAL_ERROR,
                    {"a bug in the library", "impossible"});
  expect_everywhere([]() -> Status { throw 7; }, FLASHRNN_INTERNAL_ERROR, {"a bug in the library", "unknown type"});
}

TEST(Guard, StatusNames) {
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_SUCCESS), "FLASHRNN_SUCCESS");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_INVALID_ARGUMENT), "FLASHRNN_INVALID_ARGUMENT");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_UNSUPPORTED), "FLASHRNN_UNSUPPORTED");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_BUFFER_TOO_SMALL), "FLASHRNN_BUFFER_TOO_SMALL");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_OUT_OF_MEMORY), "FLASHRNN_OUT_OF_MEMORY");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_DEVICE_UNAVAILABLE), "FLASHRNN_DEVICE_UNAVAILABLE");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_DEVICE_ERROR), "FLASHRNN_DEVICE_ERROR");
  EXPECT_STREQ(flashrnn_status_name(FLASHRNN_INTERNAL_ERROR), "FLASHRNN_INTERNAL_ERROR");
}

TEST(Guard, VersionIsTheHeaders) {
  EXPECT_EQ(flashrnn_version(), std::to_string(FLASHRNN_VERSION_MAJOR) + "." + std::to_string(FLASHRNN_VERSION_MINOR) +
                                    "." + std::to_string(FLASHRNN_VERSION_PATCH));
}

TEST(Guard, MessagesAreTheThreadsOwn) {
  flashrnn_cell_info info = FLASHRNN_CELL_INFO_INIT;
  ASSERT_EQ(flashrnn_find_cell("mine", &info), FLASHRNN_INVALID_ARGUMENT);
  std::string before = "?";
  std::string after;
  std::thread other([&] {
    before = flashrnn_last_error();
    flashrnn_cell_info there = FLASHRNN_CELL_INFO_INIT;
    EXPECT_EQ(flashrnn_find_cell("theirs", &there), FLASHRNN_INVALID_ARGUMENT);
    after = flashrnn_last_error();
  });
  other.join();
  EXPECT_EQ(before, "");
  EXPECT_NE(after.find("'theirs'"), std::string::npos);
  expect_message({"'mine'"});
}

TEST(Guard, SuccessKeepsTheMessage) {
  flashrnn_cell_info info = FLASHRNN_CELL_INFO_INIT;
  ASSERT_EQ(flashrnn_find_cell("nobody", &info), FLASHRNN_INVALID_ARGUMENT);
  ASSERT_EQ(flashrnn_find_cell("lstm", &info), FLASHRNN_SUCCESS);
  expect_message({"'nobody'"});
}

TEST(Guard, LongMessagesAreCut) {
  set_last_error(std::string(100000, 'x'));
  const std::string text = flashrnn_last_error();
  EXPECT_EQ(text.size(), 2047U);
  EXPECT_EQ(text.substr(2044), "...");
  set_last_error(flashrnn_last_error());
  EXPECT_EQ(text, flashrnn_last_error());
  set_last_error(std::string(2047, 'y'));
  EXPECT_EQ(flashrnn_last_error(), std::string(2047, 'y'));
}

TEST(Guard, VeneerThrows) {
  try {
    const Context context("nowhere");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), FLASHRNN_DEVICE_UNAVAILABLE);
    EXPECT_NE(std::string(error.what()).find("'nowhere'"), std::string::npos);
  }
}

}  // namespace
}  // namespace flashrnn::testing
