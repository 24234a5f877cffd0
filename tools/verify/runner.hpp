// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "verify/api.hpp"
#include "verify/case.hpp"

namespace flashrnn::verify {

/// Calls the library as the case says: forward (or steps), and backward when training. Every buffer has exactly the
/// size that the contract asks for; outputs are NaN beforehand. Throws std::runtime_error when a call fails, when an
/// element of an output stays unwritten, or when an input, the reserve or memory around a buffer is written.
/// Tensors that the case does not ask for are empty in the result.
reference::Result execute(Api& api, const Case& test, const CaseData& data);

}  // namespace flashrnn::verify
