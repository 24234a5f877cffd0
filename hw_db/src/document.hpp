// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hw_db/database.hpp"
#include "node.hpp"

namespace flashrnn::hw {

/// The text of a file. `path` is relative to devices/, with forward slashes; `shown` is what messages call it.
struct FileText {
  std::string path;
  std::string shown;
  std::string text;
};

/// One file, as it was read.
struct Document {
  std::string path;
  std::string shown;
  /// "nvidia/h200".
  std::string name;
  Kind kind = Kind::kGpu;
  bool is_family = false;
  Node root;
};

/// By name.
using Documents = std::map<std::string, Document, std::less<>>;

/// The document, or none and a problem, where the text is no JSON object.
[[nodiscard]] std::optional<Document> read_document(const FileText& file, std::vector<Problem>& problems);

/// Notes what is wrong with the file by itself: keys, types, units, ranges.
void check_document(const Document& document, std::vector<Problem>& problems);

/// The name of the file that it inherits from; empty if there is none.
[[nodiscard]] std::string parent_name(const Document& document);

/// The document and its ancestors, itself first. Ends, with a problem, where a file is missing or comes again.
[[nodiscard]] std::vector<const Document*> ancestry(const Document& document, const Documents& documents,
                                                    std::vector<Problem>& problems);

/// Puts together what the file and its ancestors say, and notes what is wrong with that: sources, required figures,
/// formulas, limits that contradict each other. Wants documents without problems of their own.
[[nodiscard]] Device resolve(const Document& document, const Documents& documents, std::vector<Problem>& problems);

/// As resolve() for what is already put together.
void check_device(const Document& document, const Device& device, std::vector<Problem>& problems);

[[nodiscard]] inline Problem problem_at(const Document& document, int line, std::string_view field,
                                        std::string message) {
  return {document.shown, line, std::string(field), std::move(message)};
}

}  // namespace flashrnn::hw
