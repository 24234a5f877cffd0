// SPDX-License-Identifier: Apache-2.0
#include "formula.hpp"

#include <charconv>
#include <cmath>

namespace flashrnn::hw {
namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Recursive descent; the first error stays, and what follows it is worth nothing.
class Evaluator {
 public:
  Evaluator(std::string_view text, const Lookup& lookup) : rest_(text), lookup_(lookup) {}

  std::variant<double, std::string> run() {
    const double value = sum();
    if (peek() != '\0') fail("has '" + std::string(rest_) + "' where an operator or the end belongs");
    if (!error_.empty()) return error_;
    if (!std::isfinite(value)) return std::string("has no finite value");
    return value;
  }

 private:
  char peek() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    return rest_.empty() ? '\0' : rest_.front();
  }
  bool accept(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    rest_ = {};
  }

  double sum() {
    double value = product();
    while (true) {
      if (accept('+')) {
        value += product();
      } else if (accept('-')) {
        value -= product();
      } else {
        return value;
      }
    }
  }
  double product() {
    double value = primary();
    while (true) {
      if (accept('*')) {
        value *= primary();
      } else if (accept('/')) {
        value /= primary();
      } else {
        return value;
      }
    }
  }
  double primary() {
    const char c = peek();
    if (c == '(') return bracket();
    if (is_digit(c)) return number();
    if (is_letter(c)) return name();
    fail(c == '\0' ? std::string("ends too early") : std::string("has '") + c + "' where a value belongs");
    return 0;
  }
  double bracket() {
    constexpr int kDepthMax = 32;
    accept('(');
    if (++depth_ > kDepthMax) fail("is nested too deep");
    const double value = sum();
    --depth_;
    if (!accept(')')) fail("has a '(' without its ')'");
    return value;
  }
  double number() {
    double value = 0;
    const auto result = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    rest_.remove_prefix(static_cast<std::size_t>(result.ptr - rest_.data()));
    if (result.ec != std::errc()) fail("has a number out of range");
    return value;
  }
  double name() {
    std::size_t length = 0;
    while (length < rest_.size() && (is_letter(rest_[length]) || is_digit(rest_[length]))) ++length;
    const std::string_view name = rest_.substr(0, length);
    rest_.remove_prefix(length);
    const std::optional<double> value = lookup_(name);
    if (!value) fail("uses " + std::string(name) + ", which is no number of this device");
    return value.value_or(0);
  }

  std::string_view rest_;
  const Lookup& lookup_;
  std::string error_;
  int depth_ = 0;
};

}  // namespace

std::variant<double, std::string> evaluate_formula(std::string_view formula, const Lookup& lookup) {
  return Evaluator(formula, lookup).run();
}

}  // namespace flashrnn::hw
