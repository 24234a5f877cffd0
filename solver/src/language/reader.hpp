// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "constrint/parse.hpp"
#include "language/lexer.hpp"

namespace constrint::language {

/// What both parsers need: the current token and the one after it, the model that is made, and the errors.
///
/// A function that reads a piece hands back its node, or kFailed after exactly one error; its callers then go back to
/// the statement, which is skipped to its `;`.
class Reader {
 public:
  static constexpr NodeId kFailed = -1;

  Reader(std::string_view text, bool skip_brackets, const ParseOptions& options);

 protected:
  ~Reader() = default;
  const Token& token() const { return token_; }
  const Token& following() const { return following_; }
  void advance();
  bool at(Token::Kind kind) const { return token_.kind == kind; }
  /// Takes the token if it is of this kind.
  bool accept(Token::Kind kind);

  /// At the current token: "expected WHAT, found ...", or what is wrong with a token that can't be read.
  NodeId expected(std::string_view what);
  /// The same, with what a parser's own language makes of the token.
  virtual NodeId unexpected(std::string_view what) { return expected(what); }
  NodeId error(Location where, std::string message);
  /// To the `;` that ends the statement, or to the end.
  void skip_statement();
  bool too_many_errors() const { return errors_.size() >= max_errors_; }

  NodeId add(Op op, std::span<const NodeId> children, Location where, Value value = 0);
  NodeId add(Op op, NodeId left, NodeId right, Location where);
  /// Behind `base`: itself, or its power where `^` and an exponent follow. second: the error at another `^`.
  NodeId raised(NodeId base, std::string_view second);
  Location where(NodeId node) const { return model_.node(node).where; }
  bool is_term(NodeId node) const { return !is_constraint(model_.node(node).op); }
  /// Whether all are terms (or constraints); if not, an error at the first that is not.
  bool all_terms(std::span<const NodeId> nodes);
  bool all_constraints(std::span<const NodeId> nodes);

  Model model_;
  std::vector<ParseError> errors_;
  const std::string& part_;

 private:
  Lexer lexer_;
  Token token_;
  Token following_;
  std::size_t max_errors_;
};

}  // namespace constrint::language
