// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nn {

/// Command lines of the examples: `--name value`, `--flag` and plain words. Mistakes end in an exception whose message
/// says what is expected.
class Arguments {
 public:
  /// `flags` take no value; `options` take one.
  Arguments(int argc, char** argv, const std::vector<std::string_view>& flags,
            const std::vector<std::string_view>& options) {
    const auto contains = [](const std::vector<std::string_view>& names, std::string_view name) {
      for (const std::string_view n : names) {
        if (n == name) return true;
      }
      return false;
    };
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (contains(flags, word)) {
        values_[word] = word;
      } else if (contains(options, word)) {
        if (i + 1 == argc) throw std::invalid_argument(word + " needs a value after it.");
        values_[word] = argv[++i];
      } else if (word.starts_with("-")) {
        throw std::invalid_argument(word + " is no option here; --help lists those that exist.");
      } else {
        words_.push_back(word);
      }
    }
  }

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }

  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const {
    const auto it = values_.find(name);
    return it == values_.end() ? otherwise : it->second;
  }

  /// A number within [least, most].
  template <typename Number>
  [[nodiscard]] Number number(const std::string& name, Number otherwise, Number least, Number most) const {
    const auto it = values_.find(name);
    if (it == values_.end()) return otherwise;
    const std::string& s = it->second;
    Number value{};
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (error != std::errc{} || end != s.data() + s.size() || !(value >= least && value <= most)) {
      throw std::invalid_argument(name + " is '" + s + "'; give a number from " + std::to_string(least) + " to " +
                                  std::to_string(most) + ".");
    }
    return value;
  }

  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> words_;
};

}  // namespace nn
