// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "constrint/expression.hpp"

namespace constrint::language {

struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    kName,    ///< text is the name without backticks
    kQuoted,  ///< a name in backticks: never a reserved word
    kInteger,
    kSemicolon,
    kComma,
    kRange,  ///< ..
    kOpen,
    kClose,
    kOpenList,
    kCloseList,
    kAny,
    kAll,
    kEqual,
    kNotEqual,
    kLessEqual,
    kLess,
    kGreaterEqual,
    kGreater,
    kPlus,
    kMinus,
    kTimes,
    kOver,
    kPercent,
    kPower,
    // What can't be read; problem() says why.
    kUnknown,
    kTooLarge,
    kBadNumber,
    kUnclosedName,
  };
  Kind kind = Kind::kEnd;
  std::string_view text;
  Value value = 0;  ///< of an integer
  Location where;

  [[nodiscard]] bool is_name() const { return kind == Kind::kName || kind == Kind::kQuoted; }
  [[nodiscard]] bool is_word(std::string_view word) const { return kind == Kind::kName && text == word; }
};

/// Cuts a text into tokens, one at a time. Any bytes are legal input.
class Lexer {
 public:
  /// `skip_brackets`: ( and ) are blanks.
  Lexer(std::string_view text, bool skip_brackets) : text_(text), skip_brackets_(skip_brackets) {}
  Token next();

 private:
  void skip_blanks();
  Token name();
  Token quoted_name();
  Token integer();
  Token take(Token::Kind kind, std::size_t length);
  [[nodiscard]] char at(std::size_t ahead) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  /// The position as a place. Lines beyond 2^31 do not occur: parse() refuses such texts.
  [[nodiscard]] Location here() const { return {line_, static_cast<int>(position_ - line_begin_) + 1}; }

  std::string_view text_;
  bool skip_brackets_;
  std::size_t position_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
};

/// For messages: "';'", "'TILE'", "the end of the text".
std::string describe(const Token& token);

/// Why a token of one of the last kinds can't be read; empty for the others.
std::string problem(const Token& token);

}  // namespace constrint::language
