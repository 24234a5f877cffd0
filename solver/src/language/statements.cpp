// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "language/names.hpp"
#include "language/parser.hpp"
#include "language/ranges.hpp"

namespace constrint::language {

using Kind = Token::Kind;

namespace {

/// The loosest operators: a whole expression.
constexpr int kWhole = 1;

std::string place(Location where) {
  return "line " + std::to_string(where.line) + ", column " + std::to_string(where.column);
}

}  // namespace

ParseResult Parser::read_model() {
  while (!at(Kind::kEnd) && !too_many_errors()) {
    if (accept(Kind::kSemicolon)) continue;  // a blank one
    statement();
  }
  ParseResult result;
  result.errors = std::move(errors_);
  if (result.ok()) result.model = std::move(model_);
  return result;
}

ParseResult Parser::read_objective(bool maximize) {
  const NodeId term = expression(kWhole);
  if (term != kFailed && all_terms(std::span(&term, 1))) {
    if (at(Kind::kEnd)) {
      model_.set_objective(term, maximize, where(term));
    } else {
      expected("an operator or the end of the term");
    }
  }
  ParseResult result;
  result.errors = std::move(errors_);
  if (result.ok()) result.model = std::move(model_);
  return result;
}

void Parser::statement() {
  bool read = false;
  if (token().is_word("var")) {
    read = declaration();
  } else if (token().is_word("minimize") || token().is_word("maximize")) {
    read = objective();
  } else {
    read = constraint();
  }
  if (!read) skip_statement();
}

bool Parser::end_of_statement(std::string_view what) {
  if (at(Kind::kEnd) || accept(Kind::kSemicolon)) return true;
  expected(what);
  return false;
}

bool Parser::constraint() {
  const NodeId root = expression(kWhole);
  if (root == kFailed) return false;
  // A term with more behind it: that it ends too early is what helps.
  const bool ended = at(Kind::kEnd) || at(Kind::kSemicolon);
  if (ended && is_term(root)) {
    error(where(root), "expected a constraint, found a term: a relation such as '==' or '<=' is missing");
    return false;
  }
  const Location where = this->where(root);
  if (!end_of_statement("an operator or ';'")) return false;
  model_.add_constraint(root, where, part_);
  return true;
}

bool Parser::objective() {
  const bool maximize = token().is_word("maximize");
  const Location where = token().where;
  advance();
  const NodeId term = expression(kWhole);
  if (term == kFailed || !all_terms(std::span(&term, 1))) return false;
  if (!end_of_statement("an operator or ';'")) return false;
  if (model_.objective()) {
    error(where, "a model has one objective, and there is one at " + place(model_.objective()->where) + " already");
    return true;
  }
  model_.set_objective(term, maximize, where);
  return true;
}

/// var NAME, ... [in DOMAIN];
bool Parser::declaration() {
  advance();
  std::vector<Token> names;
  do {
    if (!token().is_name() || (at(Kind::kName) && is_reserved(token().text))) {
      expected("the name of a variable");
      return false;
    }
    names.push_back(token());
    advance();
  } while (accept(Kind::kComma));
  std::vector<Progression> values;
  if (token().is_word("in")) {
    advance();
    if (!domain(&values) || !end_of_statement("';'")) return false;
  } else if (!end_of_statement("',', 'in' or ';'")) {
    return false;
  }
  for (const Token& name : names) {
    if (values.empty()) {
      model_.variable(name.text, name.where);
    } else if (!model_.declare(name.text, values, name.where)) {
      const Variable& first = model_.variables()[static_cast<std::size_t>(*model_.find(name.text))];
      error(name.where,
            quoted(name.text) + " has no value that its declaration at " + place(first.where) + " gives it as well");
    }
  }
  return true;
}

/// A range or a list of values and ranges.
bool Parser::domain(std::vector<Progression>* values) {
  const Location where = token().where;
  if (accept(Kind::kOpenList)) {
    do {
      if (!domain_item(values)) return false;
    } while (accept(Kind::kComma));
    if (!accept(Kind::kCloseList)) {
      expected("',', '..' or ']'");
      return false;
    }
  } else if (!domain_item(values)) {
    return false;
  }
  auto disjoint = ascending(std::move(*values));
  if (!disjoint) {
    error(where, "ranges with steps overlap each other and have more than " + std::to_string(kMaxExpanded) +
                     " values: declare one range and require the rest");
    return false;
  }
  *values = std::move(*disjoint);
  return true;
}

/// FIRST, FIRST..LAST or FIRST..LAST step STEP
bool Parser::domain_item(std::vector<Progression>* values) {
  const Location where = token().where;
  Progression range;
  if (!signed_integer(&range.first)) return false;
  range.last = range.first;
  if (accept(Kind::kRange)) {
    if (!signed_integer(&range.last)) return false;
    if (range.last < range.first) {
      error(where, "the range " + std::to_string(range.first) + ".." + std::to_string(range.last) +
                       " is empty: the first value is above the last");
      return false;
    }
    if (token().is_word("step")) {
      advance();
      if (!at(Kind::kInteger) || token().value == 0) {
        expected("the step, an integer >= 1");
        return false;
      }
      range.step = token().value;
      advance();
    }
    const auto distance = static_cast<std::uint64_t>(range.last) - static_cast<std::uint64_t>(range.first);
    range.last -= static_cast<Value>(distance % static_cast<std::uint64_t>(range.step));
  }
  values->push_back(range);
  return true;
}

bool Parser::signed_integer(Value* value) {
  const bool negative = accept(Kind::kMinus);
  if (!at(Kind::kInteger)) {
    expected("an integer");
    return false;
  }
  *value = negative ? -token().value : token().value;
  advance();
  return true;
}

}  // namespace constrint::language
