// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "language/reader.hpp"

namespace constrint::language {

/// The native language: one expression grammar by precedence climbing, which recurses at brackets, signs and functions,
/// at most kMaxDepth of them inside each other.
class Parser final : public Reader {
 public:
  Parser(std::string_view text, const ParseOptions& options) : Reader(text, false, options) {}
  ParseResult read_model();
  /// A term alone, as the model's objective.
  ParseResult read_objective(bool maximize);

 private:
  struct Operator;
  class Deeper;

  void statement();
  bool end_of_statement(std::string_view what);
  bool declaration();
  bool domain(std::vector<Progression>* values);
  bool domain_item(std::vector<Progression>* values);
  bool signed_integer(Value* value);
  bool objective();
  bool constraint();

  static Operator operator_of(Token::Kind kind);
  /// Operators that bind at least as tightly as `level`.
  NodeId expression(int level);
  NodeId combine(Op op, std::size_t first_operand, Location where);
  NodeId unary();
  NodeId primary();
  NodeId brackets();
  NodeId extremum();
  NodeId list();
  NodeId too_deep();

  int depth_ = 0;                 ///< brackets, signs and functions that are open
  std::vector<NodeId> operands_;  ///< stack: of the chains that are being read
};

}  // namespace constrint::language
