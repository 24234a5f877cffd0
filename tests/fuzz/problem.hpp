// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "flashrnn/flashrnn.h"
#include "tests/fuzz/bytes.hpp"

namespace flashrnn::fuzz {

enum class Verdict {
  kSound,    ///< the plan has to be made
  kUnsound,  ///< the plan has to be refused
  kHuge      ///< either; never run, no machine has the memory
};

struct Drawn {
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  Verdict verdict = Verdict::kSound;
};

/// Mostly legal and small; now and then with a field that is not.
Drawn draw_problem(Bytes* in);

/// A field that the contract forbids and that the type allows, written without making an enumerator of it.
template <typename Enum>
void set_raw(Enum* field, std::int32_t value) {
  static_assert(sizeof(Enum) == sizeof value);
  std::memcpy(field, &value, sizeof value);
}

}  // namespace flashrnn::fuzz
