// SPDX-License-Identifier: Apache-2.0
#include "hw_db/database.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "document.hpp"
#include "files.hpp"

namespace flashrnn::hw {
namespace {

/// Reads the files; each that has a problem by itself is left out.
Documents read_documents(const std::vector<FileText>& files, std::vector<Problem>& problems) {
  Documents documents;
  for (const FileText& file : files) {
    const std::size_t before = problems.size();
    std::optional<Document> document = read_document(file, problems);
    if (!document) continue;
    check_document(*document, problems);
    if (problems.size() == before) documents.emplace(document->name, std::move(*document));
  }
  return documents;
}

/// Drops the documents that resolve with problems, and notes these; what inherits from a dropped one has a problem too.
/// `fallback` takes the place of a dropped document.
std::vector<Device> resolve_all(Documents documents, const Documents& fallback, std::vector<Problem>& problems) {
  while (true) {
    std::vector<Device> devices;
    std::vector<std::string> broken;
    for (const auto& [name, document] : documents) {
      std::vector<Problem> found;
      Device device = resolve(document, documents, found);
      if (found.empty()) {
        devices.push_back(std::move(device));
      } else {
        broken.push_back(name);
        problems.insert(problems.end(), found.begin(), found.end());
      }
    }
    if (broken.empty()) return devices;
    for (const std::string& name : broken) {
      const auto other = fallback.find(name);
      const bool is_the_same = other != fallback.end() && other->second.shown == documents.at(name).shown;
      documents.erase(name);
      if (other != fallback.end() && !is_the_same) documents.emplace(name, other->second);
    }
  }
}

/// A loop, or a figure of a family, is found from several files.
void drop_repeated(std::vector<Problem>& problems) {
  std::set<std::string> seen;
  std::erase_if(problems, [&](const Problem& problem) { return !seen.insert(problem.to_string()).second; });
}

}  // namespace

std::string Problem::to_string() const {
  std::string text = file;
  if (line > 0) text += ":" + std::to_string(line);
  if (!field.empty()) text += ": " + field;
  return text + ": " + message;
}

Database Database::load(const LoadOptions& options) {
  Database database;
  Documents documents;
  if (options.embedded) documents = read_documents(read_embedded_files(), database.problems_);
  const Documents embedded = documents;

  std::filesystem::path folder = options.folder;
  if (folder.empty() && options.read_environment) {
    const char* variable = std::getenv("FLASHRNN_HW_DB_DIR");
    if (variable != nullptr) folder = variable;
  }
  if (!folder.empty()) {
    const std::vector<FileText> files = read_folder_files(folder, database.problems_);
    Documents own = read_documents(files, database.problems_);
    for (auto& [name, document] : own) documents.insert_or_assign(name, std::move(document));
  }
  database.devices_ = resolve_all(std::move(documents), embedded, database.problems_);
  drop_repeated(database.problems_);
  return database;
}

const Database& Database::shared() {
  static const Database database = load();
  return database;
}

const Device* Database::find(std::string_view name) const {
  const auto at = std::lower_bound(devices_.begin(), devices_.end(), name,
                                   [](const Device& device, std::string_view key) { return device.name < key; });
  return at != devices_.end() && at->name == name ? &*at : nullptr;
}

std::vector<Problem> validate_folder(const std::filesystem::path& folder) {
  return Database::load({.folder = folder, .read_environment = false, .embedded = false}).problems();
}

}  // namespace flashrnn::hw
