// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "constrint/export.hpp"
#include "constrint/model.hpp"

/// Texts to models. Any bytes may be given; texts of more than 2^30 bytes are refused.
namespace constrint {

struct ParseOptions {
  /// Reads the original's files: brackets are ignored, and the operators bind, from loosest to tightest,
  /// `;` `|` `<=` (and `%` with `== 0`) `==` `+` `*` `^`. Text that it would misread silently is an error.
  bool compat = false;
  /// Name of the text, for messages and for Constraint::part.
  std::string part = {};
  /// The text is read on after an error, from the next `;`, until there are so many.
  std::size_t max_errors = 20;
};

struct ParseError {
  Location where;
  std::string part;
  std::string message;  ///< "expected a term, found ';'"
  /// "line 3, column 14: expected a term, found ';'", with the part before it if it has a name.
  [[nodiscard]] CONSTRINT_EXPORT std::string text() const;
};

struct ParseResult {
  Model model;                     ///< empty when there are errors
  std::vector<ParseError> errors;  ///< in the order of the text
  [[nodiscard]] bool ok() const { return errors.empty(); }
};

CONSTRINT_EXPORT ParseResult parse(std::string_view text, const ParseOptions& options = {});

/// Adds a text to a model, which stays as it was when there are errors. A variable that both declare keeps the values
/// that both name; none left, or a second objective, is an error.
CONSTRINT_EXPORT std::vector<ParseError> parse_into(Model& model, std::string_view text,
                                                    const ParseOptions& options = {});

/// Makes a term, in the native language, the model's objective in place of the one it has. Its variables must be there.
CONSTRINT_EXPORT std::vector<ParseError> parse_objective(Model& model, std::string_view term, bool maximize,
                                                         const ParseOptions& options = {});

}  // namespace constrint
