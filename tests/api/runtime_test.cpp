// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "common/runtime/cell_registry.hpp"
#include "common/runtime/checked.hpp"
#include "common/runtime/ledger.hpp"
#include "tests/api/calls.hpp"

namespace flashrnn::testing {
namespace {

TEST(Checked, NoticesOverflow) {
  std::int64_t out = 5;
  EXPECT_TRUE(checked_add(kInt64Max - 1, 1, &out));
  EXPECT_EQ(out, kInt64Max);
  EXPECT_FALSE(checked_add(kInt64Max, 1, &out));
  EXPECT_TRUE(checked_mul(std::int64_t{1} << 31, std::int64_t{1} << 31, &out));
  EXPECT_EQ(out, std::int64_t{1} << 62);
  EXPECT_FALSE(checked_mul(std::int64_t{1} << 32, std::int64_t{1} << 31, &out));
  EXPECT_EQ(out, std::int64_t{1} << 62);
  EXPECT_TRUE(checked_product({kInt64Max, kInt64Max, 0}, &out));
  EXPECT_EQ(out, 0);
  const Status status = checked_bytes("Wx", {kInt64Max, 2}, &out);
  EXPECT_EQ(status.code(), FLASHRNN_INVALID_ARGUMENT);
  EXPECT_NE(status.message().find("Wx needs 9223372036854775807 * 2 bytes"), std::string::npos) << status.message();
}

TEST(Ledger, BookingsAreAlignedAndApart) {
  Ledger ledger;
  EXPECT_EQ(ledger.bytes(), 0U);
  const BookingId a = ledger.book("a", 3, 4);
  const BookingId none = ledger.book("none", 0, 8);
  const BookingId b = ledger.book("b", 65, 1);
  const BookingId c = ledger.book("c", 1, 8);
  ASSERT_TRUE(ledger.status().ok());
  EXPECT_EQ(ledger.offset(a), 0U);
  EXPECT_EQ(ledger.offset(b), 64U);
  EXPECT_EQ(ledger.offset(c), 192U);
  EXPECT_EQ(ledger.size(b), 65U);
  EXPECT_EQ(ledger.bytes(), 256U);
  EXPECT_EQ(ledger.describe(), "a 0+12, none 64+0, b 64+65, c 192+8");

  const Buffer buffer(ledger.bytes());
  const Workspace workspace(ledger, buffer.data());
  EXPECT_EQ(static_cast<void*>(workspace.take<float>(a)), buffer.data());
  EXPECT_EQ(static_cast<void*>(workspace.take<double>(c)), static_cast<std::byte*>(buffer.data()) + 192);
  EXPECT_EQ(workspace.take<float>(none), nullptr);
  EXPECT_EQ(workspace.take<float>(BookingId()), nullptr);
  const ConstWorkspace reserve(ledger, buffer.data());
  EXPECT_EQ(reserve.take<char>(b), workspace.take<char>(b));
  EXPECT_EQ(Workspace(Ledger(), nullptr).take<int>(BookingId()), nullptr);
}

TEST(Ledger, OverflowStays) {
  for (const auto& [count, size] : {std::pair{kInt64Max, std::int64_t{2}}, {kInt64Max - 64, std::int64_t{1}}}) {
    Ledger ledger;
    ledger.book("first", 1, 1);
    const BookingId id = ledger.book("gates", count, size);
    EXPECT_FALSE(id.valid());
    EXPECT_EQ(ledger.status().code(), FLASHRNN_INVALID_ARGUMENT);
    EXPECT_NE(ledger.status().message().find("gates"), std::string::npos);
    EXPECT_NE(ledger.status().message().find("2^63 - 1"), std::string::npos);
    EXPECT_FALSE(ledger.book("later", 1, 1).valid());
    EXPECT_EQ(ledger.bytes(), 64U);
  }
  Ledger ledger;
  ledger.book("negative", -1, 4);
  EXPECT_EQ(ledger.status().code(), FLASHRNN_INTERNAL_ERROR);
}

constexpr CellRegistration cell(const char* name) { return {name, 2, 2, 2, 1, nullptr, nullptr}; }

/// Registered as a user's target does: by a static initialiser, before main.
const CellRegistration early_cell = cell("registered_early");
const flashrnn_status early_status =
    flashrnn_internal_register_cell(&early_cell, sizeof early_cell, kCellRegistrationVersion);

TEST(CellRegistry, BuiltInCellsComeFirst) {
  const std::vector<std::string> names = {"lstm", "gru", "gru_reset_before", "elman", "elman_relu", "slstm"};
  const std::vector<std::vector<std::int32_t>> counts = {{4, 4, 4, 2}, {3, 3, 4, 1}, {3, 3, 3, 1},
                                                         {1, 1, 1, 1}, {1, 1, 1, 1}, {4, 4, 4, 4}};
  for (std::size_t i = 0; i < names.size(); ++i) {
    flashrnn_cell_info info = FLASHRNN_CELL_INFO_INIT;
    ASSERT_EQ(flashrnn_get_cell(static_cast<std::int32_t>(i), &info), FLASHRNN_SUCCESS) << flashrnn_last_error();
    EXPECT_EQ(info.name, names[i]);
    EXPECT_EQ((std::vector{info.input_gates, info.recurrent_gates, info.biases, info.states}), counts[i]) << names[i];
    flashrnn_cell_info same = FLASHRNN_CELL_INFO_INIT;
    ASSERT_EQ(flashrnn_find_cell(names[i].c_str(), &same), FLASHRNN_SUCCESS);
    EXPECT_EQ(same.name, info.name);
  }
}

TEST(CellRegistry, StaticInitialisersMayRegister) {
  EXPECT_EQ(early_status, FLASHRNN_SUCCESS);
  EXPECT_EQ(find_cell("registered_early"), &early_cell);
  EXPECT_NE(cell_names().find("slstm, registered_early"), std::string::npos) << cell_names();
}

TEST(CellRegistry, RefusesQueries) {
  flashrnn_cell_info info = FLASHRNN_CELL_INFO_INIT;
  const std::int32_t count = flashrnn_cell_count();
  for (const std::int32_t index : {-1, count, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(flashrnn_get_cell(index, &info), FLASHRNN_INVALID_ARGUMENT);
    expect_message({"index is " + std::to_string(index), "[0, " + std::to_string(count) + ")"});
  }
  for (const char* name : {static_cast<const char*>(nullptr), "", "LSTM", "lstm "}) {
    EXPECT_EQ(flashrnn_find_cell(name, &info), FLASHRNN_INVALID_ARGUMENT);
    expect_message({"name is ", "must be one of: lstm, gru, gru_reset_before, elman, elman_relu, slstm"});
  }
  EXPECT_EQ(info.name, nullptr);
}

TEST(CellRegistry, RefusesRegistrations) {
  const auto refused = [](const CellRegistration& bad, const std::vector<std::string>& parts) {
    const std::int32_t before = cell_count();
    EXPECT_EQ(flashrnn_internal_register_cell(&bad, sizeof bad, kCellRegistrationVersion), FLASHRNN_INVALID_ARGUMENT);
    expect_message(parts);
    EXPECT_EQ(cell_count(), before);
  };
  refused(cell(nullptr), {"(null)", "63"});
  refused(cell(""), {"''"});
  refused(cell("two words"), {"'two words'"});
  const std::string name(64, 'a');
  refused(cell(name.c_str()), {"aaa", "63"});
  refused(cell("lstm"), {"'lstm' is taken"});
  CellRegistration bad = cell("bad");
  bad.states = 0;
  refused(bad, {"cell 'bad'", "states is 0", "[1, 8]"});
  bad = cell("bad");
  bad.input_gates = 9;
  refused(bad, {"input_gates is 9", "[1, 8]"});
  bad = cell("bad");
  bad.recurrent_gates = -1;
  refused(bad, {"recurrent_gates is -1"});
  bad = cell("bad");
  bad.biases = 0;
  refused(bad, {"biases is 0"});
  EXPECT_EQ(flashrnn_internal_register_cell(nullptr, sizeof bad, kCellRegistrationVersion), FLASHRNN_INVALID_ARGUMENT);
  const CellRegistration good = cell("never_registered");
  EXPECT_EQ(flashrnn_internal_register_cell(&good, sizeof good, kCellRegistrationVersion + 1), FLASHRNN_UNSUPPORTED);
  expect_message({"version " + std::to_string(kCellRegistrationVersion + 1), "rebuild"});
  EXPECT_EQ(flashrnn_internal_register_cell(&good, sizeof good - 8, kCellRegistrationVersion), FLASHRNN_UNSUPPORTED);
  EXPECT_EQ(find_cell("never_registered"), nullptr);
}

TEST(CellRegistry, SameRegistrationTwiceIsOnce) {
  const std::int32_t before = cell_count();
  EXPECT_TRUE(register_cell(&early_cell).ok());
  EXPECT_EQ(cell_count(), before);
}

TEST(CellRegistry, ManyThreads) {
  // Registered for the process's life: static.
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (int i = 0; i < 64; ++i) out.push_back("thread_cell_" + std::to_string(i));
    return out;
  }();
  static const std::vector<CellRegistration> cells = [] {
    std::vector<CellRegistration> out;
    for (const std::string& name : names) out.push_back(cell(name.c_str()));
    return out;
  }();
  const std::int32_t before = cell_count();
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < 2 * cells.size(); i = next++) {
        EXPECT_TRUE(register_cell(&cells[i / 2]).ok());
        EXPECT_EQ(find_cell(names[i / 2]), &cells[i / 2]);
        EXPECT_NE(cell_at(cell_count() - 1), nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cell_count(), before + 64);
}

}  // namespace
}  // namespace flashrnn::testing
