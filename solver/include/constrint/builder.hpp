// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "constrint/export.hpp"
#include "constrint/model.hpp"

/// Models written in C++:
///
///     constrint::Builder b;
///     const auto tile = b.variable("TILE", 8, 128);
///     const auto n = b.constant("N", 768);
///     b.require(n % (tile * 4) == 0);
///     b.require(tile == 8 || tile == 16);
///     b.maximize(tile);
///     const std::optional<constrint::Model> model = b.build();
///
/// Nothing throws: what can't be a model (a name that no text could hold, values beyond kLimit, expressions of two
/// builders in one) is kept as an error, and build() gives no model then.
namespace constrint {

class Builder;
class Condition;

namespace builder {
struct State;

/// A node of a builder. `state` is null for a plain number, and for what was made of plain numbers alone, which is in
/// no builder and can't be used.
struct Handle {
  std::shared_ptr<State> state;
  NodeId node = -1;
  Value number = 0;
  bool is_number = false;
};

CONSTRINT_EXPORT Handle join(Op op, std::span<const Handle> operands, Value value = 0);
}  // namespace builder

/// A term: a variable, a number, or what operators make of them. Cheap to copy, and valid as long as it is held.
class Term {
 public:
  /// A number, so that `tile * 4` can be written.
  template <std::integral Number>
  Term(Number number)  // NOLINT(google-explicit-constructor)
      : handle_{nullptr, -1, static_cast<Value>(number), std::in_range<Value>(number)} {}
  explicit Term(builder::Handle handle) : handle_(std::move(handle)) {}
  [[nodiscard]] const builder::Handle& handle() const { return handle_; }

 private:
  builder::Handle handle_;
};

/// A constraint: a relation, or alternatives and conjunctions of them.
class Condition {
 public:
  explicit Condition(builder::Handle handle) : handle_(std::move(handle)) {}
  [[nodiscard]] const builder::Handle& handle() const { return handle_; }

 private:
  builder::Handle handle_;
};

namespace builder {
template <typename Result, typename Operand>
Result make(Op op, std::initializer_list<Operand> operands, Value value = 0) {
  std::vector<Handle> handles;
  for (const Operand& operand : operands) handles.push_back(operand.handle());
  return Result(join(op, handles, value));
}
}  // namespace builder

inline Term operator-(const Term& a) { return builder::make<Term>(Op::kNegate, {a}); }
inline Term operator+(const Term& a, const Term& b) { return builder::make<Term>(Op::kSum, {a, b}); }
inline Term operator-(const Term& a, const Term& b) { return builder::make<Term>(Op::kDifference, {a, b}); }
inline Term operator*(const Term& a, const Term& b) { return builder::make<Term>(Op::kProduct, {a, b}); }
/// Exact: the constraint holds only where b divides a.
inline Term operator/(const Term& a, const Term& b) { return builder::make<Term>(Op::kQuotient, {a, b}); }
inline Term operator%(const Term& a, const Term& b) { return builder::make<Term>(Op::kRemainder, {a, b}); }
inline Term pow(const Term& base, Value exponent) { return builder::make<Term>(Op::kPower, {base}, exponent); }
inline Term min(std::initializer_list<Term> terms) { return builder::make<Term>(Op::kMin, terms); }
inline Term max(std::initializer_list<Term> terms) { return builder::make<Term>(Op::kMax, terms); }
inline Term min(const Term& a, const Term& b) { return min({a, b}); }
inline Term max(const Term& a, const Term& b) { return max({a, b}); }

inline Condition operator==(const Term& a, const Term& b) { return builder::make<Condition>(Op::kEqual, {a, b}); }
inline Condition operator!=(const Term& a, const Term& b) { return builder::make<Condition>(Op::kNotEqual, {a, b}); }
inline Condition operator<=(const Term& a, const Term& b) { return builder::make<Condition>(Op::kLessEqual, {a, b}); }
inline Condition operator<(const Term& a, const Term& b) { return builder::make<Condition>(Op::kLess, {a, b}); }
inline Condition operator>=(const Term& a, const Term& b) {
  return builder::make<Condition>(Op::kGreaterEqual, {a, b});
}
inline Condition operator>(const Term& a, const Term& b) { return builder::make<Condition>(Op::kGreater, {a, b}); }
/// Both operands are always evaluated.
inline Condition operator&&(const Condition& a, const Condition& b) {
  return builder::make<Condition>(Op::kAll, {a, b});
}
inline Condition operator||(const Condition& a, const Condition& b) {
  return builder::make<Condition>(Op::kAny, {a, b});
}
/// Of at least one condition.
inline Condition all(std::initializer_list<Condition> conditions) {
  return builder::make<Condition>(Op::kAll, conditions);
}
inline Condition any(std::initializer_list<Condition> conditions) {
  return builder::make<Condition>(Op::kAny, conditions);
}
CONSTRINT_EXPORT Condition all(std::span<const Condition> conditions);
CONSTRINT_EXPORT Condition any(std::span<const Condition> conditions);

/// Not for use by several threads at once; distinct builders are.
class CONSTRINT_EXPORT Builder {
 public:
  Builder();

  /// With the default domain [kDefaultLow, kDefaultHigh], unless it has another already.
  Term variable(std::string_view name);
  /// low, low + step, ... up to high. A variable that has values already keeps the common ones.
  Term variable(std::string_view name, Value low, Value high, Value step = 1);
  /// One of these values.
  Term variable(std::string_view name, std::initializer_list<Value> values);
  Term variable(std::string_view name, std::span<const Value> values);
  /// A variable of one value.
  Term constant(std::string_view name, Value value);
  /// Any of these numbers; each place where it stands chooses for itself.
  Term list(std::initializer_list<Value> values);

  /// `part`: where the constraint comes from, for messages.
  void require(const Condition& condition, std::string_view part = {});
  void minimize(const Term& term);
  void maximize(const Term& term);

  /// What was done wrong so far, a sentence each.
  [[nodiscard]] const std::vector<std::string>& errors() const;
  /// None when there are errors. The builder can be used on.
  [[nodiscard]] std::optional<Model> build() const;

 private:
  void set_objective(const Term& term, bool maximize);
  std::shared_ptr<builder::State> state_;
};

}  // namespace constrint
