// SPDX-License-Identifier: Apache-2.0
#include "language/reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace constrint::language {

Reader::Reader(std::string_view text, bool skip_brackets, const ParseOptions& options)
    : part_(options.part), lexer_(text, skip_brackets), max_errors_(std::max<std::size_t>(options.max_errors, 1)) {
  token_ = lexer_.next();
  following_ = lexer_.next();
}

void Reader::advance() {
  token_ = following_;
  if (token_.kind != Token::Kind::kEnd) following_ = lexer_.next();
}

bool Reader::accept(Token::Kind kind) {
  if (token_.kind != kind) return false;
  advance();
  return true;
}

NodeId Reader::expected(std::string_view what) {
  std::string message = problem(token_);
  if (message.empty()) message = "expected " + std::string(what) + ", found " + describe(token_);
  return error(token_.where, std::move(message));
}

NodeId Reader::error(Location where, std::string message) {
  errors_.push_back({where, part_, std::move(message)});
  return kFailed;
}

void Reader::skip_statement() {
  while (!at(Token::Kind::kSemicolon) && !at(Token::Kind::kEnd)) advance();
}

NodeId Reader::add(Op op, std::span<const NodeId> children, Location where, Value value) {
  int depth = 1;
  for (const NodeId child : children) depth = std::max(depth, model_.node(child).depth + 1);
  if (depth > kMaxDepth) {
    return error(where, "the expression that begins here is nested deeper than " + std::to_string(kMaxDepth) +
                            " levels: give parts of it names of their own");
  }
  return model_.add_node(op, children, where, value);
}

NodeId Reader::add(Op op, NodeId left, NodeId right, Location where) { return add(op, std::array{left, right}, where); }

NodeId Reader::raised(NodeId base, std::string_view second) {
  if (base == kFailed || !accept(Token::Kind::kPower)) return base;
  if (!all_terms(std::span(&base, 1))) return kFailed;
  if (!at(Token::Kind::kInteger)) return unexpected("the exponent, an integer >= 0");
  const Value exponent = token().value;
  advance();
  if (at(Token::Kind::kPower)) return error(token().where, std::string(second));
  return add(Op::kPower, std::span(&base, 1), where(base), exponent);
}

bool Reader::all_terms(std::span<const NodeId> nodes) {
  for (const NodeId node : nodes) {
    if (is_term(node)) continue;
    error(where(node), "expected a term, found a constraint");
    return false;
  }
  return true;
}

bool Reader::all_constraints(std::span<const NodeId> nodes) {
  for (const NodeId node : nodes) {
    if (!is_term(node)) continue;
    error(where(node), "expected a constraint, found a term");
    return false;
  }
  return true;
}

}  // namespace constrint::language
