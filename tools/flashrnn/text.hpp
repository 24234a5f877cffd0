// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flashrnn::tool {

/// "a, b, c"
std::string join(const std::vector<std::string>& words, std::string_view between = ", ");

/// The words of a text, without empty ones.
std::vector<std::string> split(std::string_view text, char separator);

/// " Did you mean 'lstm'?" when one of `known` is close to `word`, else "". Begins with a blank: append it to a
/// sentence.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

/// The names that `word` may be meant for, at most three: those that have it in them, else those that differ in few
/// letters, in whole or behind their last '/'. Capitals don't count.
std::vector<std::string> near_names(std::string_view word, const std::vector<std::string>& known);

/// 1536 -> "1.5 KB"; 0 -> "?" (unknown).
std::string bytes_text(std::int64_t bytes);

/// "[1, 16, 64]"
std::string shape_text(const std::vector<std::int64_t>& shape);

/// printf's formatting of one number.
std::string format(const char* pattern, double value);

}  // namespace flashrnn::tool
