// SPDX-License-Identifier: Apache-2.0
#include "language/lexer.hpp"

#include <algorithm>
#include <array>

#include "language/names.hpp"

namespace constrint::language {
namespace {

using Kind = Token::Kind;

constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// How many bytes the character at the start of `text` has in UTF-8; 1 where it is none.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first >= 0xf0U ? 4 : first >= 0xe0U ? 3 : first >= 0xc0U ? 2 : 1;
  if (length > text.size()) return 1;
  const bool whole = std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                                 [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; });
  return whole ? length : 1;
}

}  // namespace

Token Lexer::take(Kind kind, std::size_t length) {
  Token token{kind, text_.substr(position_, length), 0, here()};
  position_ += length;
  return token;
}

void Lexer::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '\n') {
      ++position_;
      ++line_;
      line_begin_ = position_;
    } else if (is_blank(c) || (skip_brackets_ && (c == '(' || c == ')'))) {
      ++position_;
    } else if (c == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::name() {
  std::size_t length = 1;
  while (is_name_part(at(length))) ++length;
  return take(Kind::kName, length);
}

Token Lexer::quoted_name() {
  std::size_t length = 1;
  while (position_ + length < text_.size() && at(length) != '`' && at(length) != '\n') ++length;
  const std::string_view inside = text_.substr(position_ + 1, length - 1);
  if (at(length) != '`' || !can_be_quoted(inside)) return take(Kind::kUnclosedName, 1);
  Token token = take(Kind::kQuoted, length + 1);
  token.text = inside;
  return token;
}

Token Lexer::integer() {
  std::size_t length = 0;
  std::uint64_t value = 0;
  bool too_large = false;
  for (; is_digit(at(length)); ++length) {
    value = value * 10 + static_cast<std::uint64_t>(at(length) - '0');
    too_large = too_large || value > static_cast<std::uint64_t>(kLimit);
    if (too_large) value = 0;
  }
  if (is_name_part(at(length))) {
    while (is_name_part(at(length))) ++length;
    return take(Kind::kBadNumber, length);
  }
  Token token = take(too_large ? Kind::kTooLarge : Kind::kInteger, length);
  token.value = static_cast<Value>(value);
  return token;
}

Token Lexer::next() {
  skip_blanks();
  if (position_ == text_.size()) return take(Kind::kEnd, 0);
  const char c = text_[position_];
  if (is_name_start(c)) return name();
  if (is_digit(c)) return integer();
  const char then = at(1);
  switch (c) {
    case ';':
      return take(Kind::kSemicolon, 1);
    case ',':
      return take(Kind::kComma, 1);
    case '(':
      return take(Kind::kOpen, 1);
    case ')':
      return take(Kind::kClose, 1);
    case '[':
      return take(Kind::kOpenList, 1);
    case ']':
      return take(Kind::kCloseList, 1);
    case '+':
      return take(Kind::kPlus, 1);
    case '-':
      return take(Kind::kMinus, 1);
    case '*':
      return take(Kind::kTimes, 1);
    case '/':
      return take(Kind::kOver, 1);
    case '%':
      return take(Kind::kPercent, 1);
    case '^':
      return take(Kind::kPower, 1);
    case '|':
      return take(Kind::kAny, then == '|' ? 2 : 1);
    case '&':
      return take(Kind::kAll, then == '&' ? 2 : 1);
    case '<':
      return then == '=' ? take(Kind::kLessEqual, 2) : take(Kind::kLess, 1);
    case '>':
      return then == '=' ? take(Kind::kGreaterEqual, 2) : take(Kind::kGreater, 1);
    case '=':
      return then == '=' ? take(Kind::kEqual, 2) : take(Kind::kUnknown, 1);
    case '!':
      return then == '=' ? take(Kind::kNotEqual, 2) : take(Kind::kUnknown, 1);
    case '.':
      return then == '.' ? take(Kind::kRange, 2) : take(Kind::kUnknown, 1);
    case '`':
      return quoted_name();
    default:
      return take(Kind::kUnknown, character_length(text_.substr(position_)));
  }
}

std::string describe(const Token& token) {
  if (token.kind == Kind::kEnd) return "the end of the text";
  return quoted(token.text);
}

std::string problem(const Token& token) {
  switch (token.kind) {
    case Kind::kTooLarge:
      return "the integer " + quoted(token.text) + " is beyond the limit of 2^62 = " + std::to_string(kLimit);
    case Kind::kBadNumber:
      return quoted(token.text) + " is neither an integer nor a name: names begin with a letter or '_'";
    case Kind::kUnclosedName:
      return "a name that begins with '`' ends with '`' on the same line and has a character between";
    case Kind::kUnknown:
      break;
    default:
      return "";
  }
  if (token.text == "=") return "'=' is no operator: write '==' for equal";
  if (token.text == "!") return "'!' is no operator: write '!=' for not equal";
  if (token.text == ".") return "'.' is no operator: write '..' for a range; numbers are whole";
  const auto byte = static_cast<unsigned char>(token.text.front());
  if (token.text.size() == 1 && (byte < ' ' || byte >= 0x7fU)) {
    constexpr std::array<char, 17> kDigits{"0123456789abcdef"};
    return std::string("the byte 0x") + kDigits[byte >> 4U] + kDigits[byte & 15U] + " is no text of the language";
  }
  return quoted(token.text) + " is no character of the language";
}

}  // namespace constrint::language
