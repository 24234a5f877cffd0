// SPDX-License-Identifier: Apache-2.0
#include "node.hpp"

#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

namespace flashrnn::hw {
namespace {

/// Counts the lines that the parser has read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_++ == '\n') ++*line_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

class Handler {
 public:
  using Json = nlohmann::json;

  explicit Handler(const int* line) : line_(line) {}

  bool null() { return add(Node::Type::kNull) != nullptr; }
  bool boolean(bool value) {
    Node* node = add(Node::Type::kBool);
    node->integer = value ? 1 : 0;
    return true;
  }
  bool number_integer(Json::number_integer_t value) {
    Node* node = add(Node::Type::kInteger);
    node->integer = value;
    node->real = static_cast<double>(value);
    return true;
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    // What does not fit is far out of any figure's range: let it be a real.
    if (value > static_cast<Json::number_unsigned_t>(INT64_MAX)) return number_float(static_cast<double>(value), {});
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(Json::number_float_t value, const Json::string_t& /*text*/) {
    add(Node::Type::kReal)->real = value;
    return true;
  }
  bool string(Json::string_t& value) {
    add(Node::Type::kString)->text = value;
    return true;
  }
  bool binary(Json::binary_t& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) { return open(Node::Type::kObject); }
  bool start_array(std::size_t /*size*/) { return open(Node::Type::kArray); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(Json::string_t& name) {
    if (stack_.back()->find(name) != nullptr) {
      error_ = {*line_, "'" + name + "' stands twice"};
      return false;
    }
    // The line is taken here: after a number the parser has already read on.
    Node& member = stack_.back()->members.emplace_back();
    member.key = name;
    member.line = *line_;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const Json::exception& error) {
    std::string message = error.what();
    // "[json.exception.parse_error.101] parse error at line 3, column 5: syntax error ...": what, for the line is told.
    const std::size_t column = message.find(", column ");
    const std::size_t colon = message.find(": ", column == std::string::npos ? 0 : column);
    if (colon != std::string::npos) message.erase(0, colon + 2);
    error_ = {*line_, message};
    return false;
  }

  Node take_root() { return std::move(root_); }
  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }

 private:
  Node* add(Node::Type type) {
    Node* node = &root_;
    int line = *line_;
    if (!stack_.empty()) {
      Node& parent = *stack_.back();
      if (parent.is_array()) {
        node = &parent.items.emplace_back();
      } else {
        node = &parent.members.back();
        line = node->line;
      }
    }
    node->type = type;
    node->line = line;
    return node;
  }
  bool open(Node::Type type) {
    // Deeper than any file of ours; also bounds what destroying the tree costs in stack.
    constexpr std::size_t kDepthMax = 32;
    if (stack_.size() == kDepthMax) {
      error_ = {*line_, "is nested too deep"};
      return false;
    }
    // Parents do not grow while a child is open, so the pointers stay good.
    stack_.push_back(add(type));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  const int* line_;
  Node root_;
  std::vector<Node*> stack_;
  std::optional<ParseError> error_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Node& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

std::string_view Node::string(std::string_view key) const {
  const Node* node = find(key);
  return node != nullptr && node->is_string() ? std::string_view(node->text) : std::string_view();
}

std::variant<Node, ParseError> parse_json(std::string_view text) {
  int line = 1;
  Handler handler(&line);
  const CountingIterator begin(text.data(), &line);
  const CountingIterator end(text.data() + text.size(), &line);
  if (nlohmann::json::sax_parse(begin, end, &handler)) return handler.take_root();
  return handler.error().value_or(ParseError{line, "is no JSON"});
}

}  // namespace flashrnn::hw
