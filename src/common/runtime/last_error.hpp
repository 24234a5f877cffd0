// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace flashrnn {

/// This thread's message of flashrnn_last_error. A fixed buffer: works without memory, and in static destructors.
/// A text that is too long ends in "...".
void set_last_error(std::string_view text) noexcept;
const char* last_error() noexcept;

}  // namespace flashrnn
