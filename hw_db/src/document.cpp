// SPDX-License-Identifier: Apache-2.0
#include "document.hpp"

#include <algorithm>

namespace flashrnn::hw {

std::optional<Document> read_document(const FileText& file, std::vector<Problem>& problems) {
  auto parsed = parse_json(file.text);
  if (const auto* error = std::get_if<ParseError>(&parsed)) {
    problems.push_back({file.shown, error->line, "", error->message});
    return std::nullopt;
  }
  Document document;
  document.path = file.path;
  document.shown = file.shown;
  document.name = file.path.substr(0, file.path.rfind(".json"));
  document.kind = file.path.starts_with("cpu/") ? Kind::kCpu : Kind::kGpu;
  document.is_family = file.path.find("/families/") != std::string::npos;
  document.root = std::move(std::get<Node>(parsed));
  if (!document.root.is_object()) {
    problems.push_back({file.shown, 1, "", "is no JSON object"});
    return std::nullopt;
  }
  return document;
}

std::string parent_name(const Document& document) {
  const std::string_view inherits = document.root.string("inherits");
  if (inherits.empty()) return {};
  return document.name.substr(0, document.name.find('/') + 1) + std::string(inherits);
}

std::vector<const Document*> ancestry(const Document& document, const Documents& documents,
                                      std::vector<Problem>& problems) {
  std::vector<const Document*> chain = {&document};
  while (true) {
    const Document& last = *chain.back();
    const std::string parent = parent_name(last);
    if (parent.empty()) return chain;
    const int line = last.root.find("inherits")->line;
    const auto found = documents.find(parent);
    if (found == documents.end()) {
      problems.push_back(
          problem_at(last, line, "inherits", "there is no file " + parent + ".json, or it has problems of its own"));
      return chain;
    }
    const Document* next = &found->second;
    if (std::find(chain.begin(), chain.end(), next) != chain.end()) {
      problems.push_back(problem_at(last, line, "inherits", next->path + " inherits from this file: a loop"));
      return chain;
    }
    chain.push_back(next);
  }
}

}  // namespace flashrnn::hw
