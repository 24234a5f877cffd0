// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "language/reader.hpp"

namespace constrint::language {

/// The original's format. Its reader splits a text at one operator after the other, brackets being blanks, so that the
/// precedence is fixed: `;` `|` `<=` (and `%` with `== 0`) `==` `+` `*` `^`. What it would take for something else
/// without a word (`A - B` for one name, `A <= B <= C` for nothing, `A % B == 1` for a name) is an error here.
class CompatParser final : public Reader {
 public:
  CompatParser(std::string_view text, const ParseOptions& options) : Reader(text, true, options), text_(text.data()) {}
  ParseResult read_model();

 private:
  void statement();
  /// An error at the current token: what there is in its place, and what the format lacks.
  NodeId unexpected(std::string_view what) override;
  NodeId relation();
  NodeId divisibility(NodeId dividend);
  NodeId sum();
  NodeId product();
  NodeId atom();
  NodeId list();

  const char* text_;
};

}  // namespace constrint::language
