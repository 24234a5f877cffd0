// SPDX-License-Identifier: Apache-2.0
#include "language/compat.hpp"

#include <array>
#include <utility>

#include "language/names.hpp"

namespace constrint::language {

using Kind = Token::Kind;

namespace {

/// Tokens of the native language that the original's reader takes for a part of a name.
constexpr bool is_foreign(Kind kind) {
  switch (kind) {
    case Kind::kAll:
    case Kind::kNotEqual:
    case Kind::kLess:
    case Kind::kGreaterEqual:
    case Kind::kGreater:
    case Kind::kMinus:
    case Kind::kOver:
    case Kind::kRange:
    case Kind::kQuoted:
      return true;
    default:
      return false;
  }
}

}  // namespace

ParseResult CompatParser::read_model() {
  while (!at(Kind::kEnd) && !too_many_errors()) {
    if (!accept(Kind::kSemicolon)) statement();
  }
  ParseResult result;
  result.errors = std::move(errors_);
  if (result.ok()) result.model = std::move(model_);
  return result;
}

NodeId CompatParser::unexpected(std::string_view what) {
  if (!is_foreign(token().kind)) return expected(what);
  return error(token().where, "expected " + std::string(what) + ", found " + describe(token()) +
                                  ", which the compatible format does not have");
}

/// Alternatives, of which blank ones are passed over: lines may end in `|`.
void CompatParser::statement() {
  const Location begin = token().where;
  std::vector<NodeId> alternatives;
  do {
    if (at(Kind::kAny) || at(Kind::kSemicolon) || at(Kind::kEnd)) continue;
    const NodeId node = relation();
    if (node == kFailed) return skip_statement();
    alternatives.push_back(node);
    if (!at(Kind::kAny) && !at(Kind::kSemicolon) && !at(Kind::kEnd)) {
      if (at(Kind::kEqual) || at(Kind::kLessEqual) || at(Kind::kPercent)) {
        error(token().where, "a constraint has one relation, '==', '<=' or '%' with '== 0', and " + describe(token()) +
                                 " is a second one");
      } else {
        unexpected("an operator, '|' or ';'");
      }
      return skip_statement();
    }
  } while (accept(Kind::kAny));
  if (alternatives.empty()) {
    error(begin, "expected a constraint, found '|' alone");
    return skip_statement();
  }
  const Location first = where(alternatives.front());
  const NodeId root = alternatives.size() == 1 ? alternatives.front() : add(Op::kAny, alternatives, first);
  if (root == kFailed) return skip_statement();
  model_.add_constraint(root, first, part_);
}

NodeId CompatParser::relation() {
  const NodeId left = sum();
  if (left == kFailed) return kFailed;
  if (accept(Kind::kPercent)) return divisibility(left);
  const Op op = at(Kind::kEqual) ? Op::kEqual : Op::kLessEqual;
  if (!accept(Kind::kEqual) && !accept(Kind::kLessEqual)) return unexpected("'==', '<=', '%' or another operator");
  const NodeId right = sum();
  return right == kFailed ? kFailed : add(op, left, right, where(left));
}

/// DIVIDEND % DIVISOR == 0, with exactly one blank: the original looks for these four characters.
NodeId CompatParser::divisibility(NodeId dividend) {
  const NodeId divisor = sum();
  if (divisor == kFailed) return kFailed;
  const char* const text = token().text.data();
  const bool zero = following().kind == Kind::kInteger && following().text == "0" &&
                    following().text.data() == text + 3 && text[2] == ' ';
  if (!at(Kind::kEqual) || !zero) {
    if (!at(Kind::kEqual)) return unexpected("an operator or '== 0' after the divisor");
    return error(token().where, "'%' needs '== 0' after the divisor, with one blank between, and has another text");
  }
  advance();
  const Location zero_at = token().where;
  advance();
  const Location begin = where(dividend);
  const NodeId remainder = add(Op::kRemainder, dividend, divisor, begin);
  return add(Op::kEqual, remainder, add(Op::kConstant, {}, zero_at, 0), begin);
}

NodeId CompatParser::sum() {
  std::vector<NodeId> operands;
  do {
    operands.push_back(product());
    if (operands.back() == kFailed) return kFailed;
  } while (accept(Kind::kPlus));
  return operands.size() == 1 ? operands.front() : add(Op::kSum, operands, where(operands.front()));
}

NodeId CompatParser::product() {
  std::vector<NodeId> operands;
  do {
    operands.push_back(raised(atom(), "a power can't be raised to a power"));
    if (operands.back() == kFailed) return kFailed;
  } while (accept(Kind::kTimes));
  return operands.size() == 1 ? operands.front() : add(Op::kProduct, operands, where(operands.front()));
}

NodeId CompatParser::atom() {
  const Token first = token();
  switch (first.kind) {
    case Kind::kInteger:
      advance();
      return add(Op::kConstant, {}, first.where, first.value);
    case Kind::kName:
      advance();
      return add(Op::kVariable, {}, first.where, model_.variable(first.text, first.where));
    case Kind::kOpenList:
      return list();
    default:
      return unexpected("a name, an integer or a list");
  }
}

NodeId CompatParser::list() {
  const Location begin = token().where;
  advance();
  std::vector<NodeId> values;
  do {
    if (!at(Kind::kInteger)) return unexpected("an integer");
    values.push_back(add(Op::kConstant, {}, token().where, token().value));
    advance();
  } while (accept(Kind::kComma));
  if (!accept(Kind::kCloseList)) return unexpected("',' or ']'");
  return add(Op::kList, values, begin);
}

}  // namespace constrint::language
