// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <initializer_list>

#include "check_figures.hpp"
#include "document.hpp"
#include "identity.hpp"

namespace flashrnn::hw {
namespace {

class Checker {
 public:
  Checker(const Document& document, std::vector<Problem>& problems) : document_(document), problems_(problems) {}

  void run() {
    const Node& root = document_.root;
    check_keys(root);
    check_text(root, "name", document_.name);
    const std::string folder = document_.name.substr(0, document_.name.find('/'));
    check_text(root, "vendor", document_.kind == Kind::kGpu ? folder : "");
    check_text(root, "kind", document_.kind == Kind::kGpu ? "gpu" : "cpu");
    check_text(root, "description", "");
    check_text(root, "isa", "");
    check_inherits(root);
    check_driver_names(root);
    check_sources(root);
    check_figures(document_, problems_);
  }

 private:
  void note(int line, std::string_view field, std::string message) {
    problems_.push_back(problem_at(document_, line, field, std::move(message)));
  }

  void check_keys(const Node& root) {
    constexpr std::array<std::string_view, 9> kKeys = {"name",     "vendor",       "kind",    "description", "isa",
                                                       "inherits", "driver_names", "sources", "figures"};
    for (const Node& node : root.members) {
      const std::string& key = node.key;
      if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
        note(node.line, key, "is no key of a device file; figures stand under \"figures\"");
      }
    }
  }

  /// A required text; `wanted` unless that is empty.
  void check_text(const Node& root, std::string_view key, std::string_view wanted) {
    const Node* node = root.find(key);
    if (node == nullptr) return note(1, key, "is missing");
    if (!node->is_string() || node->text.empty()) return note(node->line, key, "has to be a text");
    if (!wanted.empty() && node->text != wanted) {
      note(node->line, key, "is '" + node->text + "'; of this file it has to be '" + std::string(wanted) + "'");
    }
  }

  void check_inherits(const Node& root) {
    const Node* node = root.find("inherits");
    if (node == nullptr) return;
    if (!node->is_string() || !node->text.starts_with("families/")) {
      note(node->line, "inherits", "has to name a file of families/, such as \"families/sm_90\"");
    }
  }

  void check_driver_names(const Node& root) {
    const Node* node = root.find("driver_names");
    if (node == nullptr) return note(1, "driver_names", "is missing");
    if (!node->is_array() || node->items.empty()) {
      return note(node->line, "driver_names", "has to be a list of at least one name");
    }
    for (const Node& item : node->items) {
      if (!item.is_string() || item.text.empty()) {
        note(item.line, "driver_names", "has an entry that is no text");
      } else if (document_.kind == Kind::kCpu && !parse_identity_pattern(item.text)) {
        note(item.line, "driver_names",
             "has '" + item.text +
                 "'; it has to be like 'AuthenticAMD family 25 model 16-31' or 'implementer 0x41 part 0xd40'");
      }
    }
  }

  void check_sources(const Node& root) {
    const Node* node = root.find("sources");
    if (node == nullptr) return;
    if (!node->is_object()) return note(node->line, "sources", "has to be an object");
    for (const Node& source : node->members) {
      const std::string& id = source.key;
      const std::string field = "sources/" + id;
      if (!source.is_object()) {
        note(source.line, field, "has to be an object");
        continue;
      }
      const std::string_view kind = source.string("kind");
      if (kind != "vendor" && kind != "measured" && kind != "derived") {
        note(source.line, field, "its kind has to be vendor, measured or derived");
      }
      if (source.string("title").empty()) note(source.line, field, "has no title");
      if (kind != "derived" && source.string("version").empty() && source.string("date").empty()) {
        note(source.line, field, "has neither version nor date");
      }
      for (const Node& member : source.members) {
        const std::string& key = member.key;
        if (key != "kind" && key != "title" && key != "version" && key != "date") {
          note(member.line, field, "has '" + key + "'; it may have kind, title, version and date");
        }
      }
    }
  }

  const Document& document_;
  std::vector<Problem>& problems_;
};

}  // namespace

void check_document(const Document& document, std::vector<Problem>& problems) { Checker(document, problems).run(); }

}  // namespace flashrnn::hw
