// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flashrnn/flashrnn.hpp"
#include "tests/api/fake_backend.hpp"

/// Valid calls with every argument present, which a test then spoils in one place.
namespace flashrnn::testing {

inline constexpr std::int64_t kB = 3, kT = 4, kN = 2, kD = 5;
inline constexpr std::int64_t kUnits = kN * kD;  ///< a row of a state; lstm gates have 4 of it

/// Caller's memory with its content at the time of a call.
class Memory {
 public:
  /// `bytes` of a pattern, aligned to 64, with kGuard more of it on either side.
  template <typename T = void>
  T* add(std::size_t bytes) {
    areas_.push_back(std::make_unique<Area>(bytes));
    return reinterpret_cast<T*>(areas_.back()->data());
  }
  void snapshot() {
    for (auto& area : areas_) area->snapshot();
  }
  [[nodiscard]] bool unchanged() const {
    for (const auto& area : areas_) {
      if (!area->unchanged()) return false;
    }
    return true;
  }

 private:
  class Area {
   public:
    explicit Area(std::size_t bytes);
    std::byte* data() { return bytes_.get() + kGuard; }
    void snapshot() { before_.assign(bytes_.get(), bytes_.get() + size_); }
    [[nodiscard]] bool unchanged() const;

   private:
    /// Longer than any tensor of these calls: one that is laid on a small area reaches no other, wherever they lie.
    static constexpr std::size_t kGuard = 4096;
    struct Free {
      void operator()(std::byte* p) const;
    };
    std::size_t size_;
    std::unique_ptr<std::byte[], Free> bytes_;
    std::vector<std::byte> before_;
  };
  std::vector<std::unique_ptr<Area>> areas_;
};

/// A training lstm problem [kB, kT, kN, kD] in fp32 with the parts that `change` adds.
flashrnn_problem valid_problem();

/// Plan, memory and arguments of one call. Args: flashrnn_forward_args and so on.
template <typename Args>
struct Call {
  explicit Call(const std::function<void(flashrnn_problem&)>& change = {}, const char* device = "fake:0");
  [[nodiscard]] flashrnn_status run() const;

  flashrnn_problem problem = valid_problem();
  Memory memory;
  Args args;
  std::unique_ptr<Plan> plan;
};
using PackCall = Call<flashrnn_pack_args>;
using ForwardCall = Call<flashrnn_forward_args>;
using BackwardCall = Call<flashrnn_backward_args>;
using StepCall = Call<flashrnn_step_args>;

/// Expects that this thread's last message has all the parts.
void expect_message(const std::vector<std::string>& parts);

/// One way to spoil a call, and the answer to it.
template <typename Args>
struct BadCall {
  const char* name;
  std::function<void(flashrnn_problem&)> problem;
  std::function<void(Args&)> change;
  flashrnn_status status;
  std::vector<std::string> parts;
};

/// The status, the message's parts, nothing written, and the device not asked.
template <typename Args>
void expect_bad(const BadCall<Args>& bad, const char* device = "fake:0") {
  SCOPED_TRACE(bad.name);
  reset_fake();
  Call<Args> call(bad.problem, device);
  EXPECT_EQ(call.run(), FLASHRNN_SUCCESS) << "the call is bad before it is spoilt: " << flashrnn_last_error();
  bad.change(call.args);
  call.memory.snapshot();
  fake().calls = 0;
  EXPECT_EQ(call.run(), bad.status) << flashrnn_last_error();
  expect_message(bad.parts);
  EXPECT_TRUE(call.memory.unchanged());
  EXPECT_EQ(fake().calls, 0);
}

/// The call succeeds and reaches the device.
template <typename Args>
void expect_good(const Call<Args>& call) {
  fake().calls = 0;
  EXPECT_EQ(call.run(), FLASHRNN_SUCCESS) << flashrnn_last_error();
  EXPECT_EQ(fake().calls, 1);
}

/// The pointer some bytes further.
template <typename T>
T* moved(T* pointer, std::ptrdiff_t bytes) {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(pointer) + static_cast<std::uintptr_t>(bytes));
}

}  // namespace flashrnn::testing
