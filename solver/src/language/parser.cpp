// SPDX-License-Identifier: Apache-2.0
#include "language/parser.hpp"

#include <span>
#include <utility>

#include "language/names.hpp"

/// Expressions; statements.cpp has what stands around them.
namespace constrint::language {

using Kind = Token::Kind;

struct Parser::Operator {
  int level;  ///< 0: none. The looser, the smaller.
  Op op;
};

namespace {

constexpr int kAnyLevel = 1;
constexpr int kAllLevel = 2;
constexpr int kRelationLevel = 3;
constexpr int kSumLevel = 4;
constexpr int kProductLevel = 5;

/// Chains of these make one node with many children.
constexpr bool is_chain(Op op) { return op == Op::kSum || op == Op::kProduct || op == Op::kAny || op == Op::kAll; }

}  // namespace

/// One level of brackets, signs or functions: between two of them the recursion is bounded by the operators' levels.
/// What Model::text prints of a tree of kMaxDepth levels never has more of them than the tree has levels.
class Parser::Deeper {
 public:
  explicit Deeper(int* depth) : depth_(*depth) { ++depth_; }
  ~Deeper() { --depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  int& depth_;
};

Parser::Operator Parser::operator_of(Kind kind) {
  switch (kind) {
    case Kind::kAny:
      return {kAnyLevel, Op::kAny};
    case Kind::kAll:
      return {kAllLevel, Op::kAll};
    case Kind::kEqual:
      return {kRelationLevel, Op::kEqual};
    case Kind::kNotEqual:
      return {kRelationLevel, Op::kNotEqual};
    case Kind::kLessEqual:
      return {kRelationLevel, Op::kLessEqual};
    case Kind::kLess:
      return {kRelationLevel, Op::kLess};
    case Kind::kGreaterEqual:
      return {kRelationLevel, Op::kGreaterEqual};
    case Kind::kGreater:
      return {kRelationLevel, Op::kGreater};
    case Kind::kPlus:
      return {kSumLevel, Op::kSum};
    case Kind::kMinus:
      return {kSumLevel, Op::kDifference};
    case Kind::kTimes:
      return {kProductLevel, Op::kProduct};
    case Kind::kOver:
      return {kProductLevel, Op::kQuotient};
    case Kind::kPercent:
      return {kProductLevel, Op::kRemainder};
    default:
      return {0, Op::kConstant};
  }
}

NodeId Parser::too_deep() {
  return error(token().where, "brackets and signs are nested deeper than " + std::to_string(kMaxDepth) +
                                  " levels here: give parts of the expression names of their own");
}

/// The node of the operands from `first` on, which are taken from the stack.
NodeId Parser::combine(Op op, std::size_t first, Location where) {
  const auto operands = std::span(operands_).subspan(first);
  const bool right_kind = op == Op::kAny || op == Op::kAll ? all_constraints(operands) : all_terms(operands);
  const NodeId node = right_kind ? add(op, operands, where) : kFailed;
  operands_.resize(first);
  return node;
}

NodeId Parser::expression(int level) {
  const std::size_t base = operands_.size();
  const NodeId begin = unary();
  if (begin == kFailed) return kFailed;
  const Location where = this->where(begin);
  operands_.push_back(begin);
  // The operands from `base` on: one, or those of a chain of `chain`, which grows.
  Op chain = Op::kConstant;
  bool is_relation = false;
  for (Operator next = operator_of(token().kind); next.level >= level; next = operator_of(token().kind)) {
    if (next.level == kRelationLevel && is_relation) {
      operands_.resize(base);
      return error(token().where, "a relation can't be part of another: join two by '&'");
    }
    if (chain != Op::kConstant && chain != next.op) {
      const NodeId left = combine(chain, base, where);
      if (left == kFailed) return kFailed;
      operands_.push_back(left);
      chain = Op::kConstant;
    }
    advance();
    const NodeId right = expression(next.level + 1);
    if (right == kFailed) {
      operands_.resize(base);
      return kFailed;
    }
    operands_.push_back(right);
    is_relation = next.level == kRelationLevel;
    if (is_chain(next.op)) {
      chain = next.op;
      continue;
    }
    const NodeId node = combine(next.op, base, where);
    if (node == kFailed) return kFailed;
    operands_.push_back(node);
  }
  if (chain != Op::kConstant) return combine(chain, base, where);
  const NodeId only = operands_.back();
  operands_.pop_back();
  return only;
}

NodeId Parser::unary() {
  if (!at(Kind::kMinus)) return raised(primary(), "a power of a power needs brackets: write (a ^ b) ^ c");
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return too_deep();
  const Location where = token().where;
  advance();
  // -5 is a constant; in -5 ^ 2 the power binds tighter.
  if (at(Kind::kInteger) && following().kind != Kind::kPower) {
    const Value value = -token().value;
    advance();
    return add(Op::kConstant, {}, where, value);
  }
  const NodeId inner = unary();
  if (inner == kFailed || !all_terms(std::span(&inner, 1))) return kFailed;
  return add(Op::kNegate, std::span(&inner, 1), where);
}

NodeId Parser::primary() {
  const Token first = token();
  switch (first.kind) {
    case Kind::kInteger:
      advance();
      return add(Op::kConstant, {}, first.where, first.value);
    case Kind::kName:
      if (first.text == "min" || first.text == "max") return extremum();
      if (is_reserved(first.text)) {
        return error(first.where, "expected a term, found the word " + quoted(first.text) +
                                      "; a variable of this name stands in backticks");
      }
      [[fallthrough]];
    case Kind::kQuoted:
      advance();
      return add(Op::kVariable, {}, first.where, model_.variable(first.text, first.where));
    case Kind::kOpen:
      return brackets();
    case Kind::kOpenList:
      return list();
    default:
      return expected("a term");
  }
}

NodeId Parser::brackets() {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return too_deep();
  const Location open = token().where;
  advance();
  const NodeId inner = expression(kAnyLevel);
  if (inner == kFailed) return kFailed;
  if (accept(Kind::kClose)) return inner;
  return expected("an operator or the ')' for the '(' at line " + std::to_string(open.line) + ", column " +
                  std::to_string(open.column));
}

/// min(a, b, ...) or max(a, b, ...)
NodeId Parser::extremum() {
  const Deeper deeper(&depth_);
  if (depth_ > kMaxDepth) return too_deep();
  const Op op = token().text == "min" ? Op::kMin : Op::kMax;
  const Location where = token().where;
  advance();
  if (!accept(Kind::kOpen)) {
    return expected(op == Op::kMin ? "'(' after 'min', which is a function" : "'(' after 'max', which is a function");
  }
  const std::size_t base = operands_.size();
  do {
    const NodeId operand = expression(kAnyLevel);
    if (operand == kFailed) {
      operands_.resize(base);
      return kFailed;
    }
    operands_.push_back(operand);
  } while (accept(Kind::kComma));
  if (!accept(Kind::kClose)) {
    operands_.resize(base);
    return expected("an operator, ',' or ')'");
  }
  return combine(op, base, where);
}

NodeId Parser::list() {
  const Location where = token().where;
  advance();
  const std::size_t base = operands_.size();
  do {
    const Location begin = token().where;
    Value value = 0;
    if (!signed_integer(&value)) {
      operands_.resize(base);
      return kFailed;
    }
    operands_.push_back(add(Op::kConstant, {}, begin, value));
  } while (accept(Kind::kComma));
  if (!accept(Kind::kCloseList)) {
    operands_.resize(base);
    return expected("',' or ']'");
  }
  return combine(Op::kList, base, where);
}

}  // namespace constrint::language
