// SPDX-License-Identifier: Apache-2.0
#include "common/jit/cache.hpp"

#include <charconv>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "common/jit/entry.hpp"
#include "common/jit/folder.hpp"
#include "common/jit/pack.hpp"
#include "json.hpp"
#include "message.hpp"
#include "number_option.hpp"
#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

namespace fs = std::filesystem;
using Align = Table::Align;

constexpr const char* kCommand = "flashrnn cache";
constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

struct CacheOptions {
  std::string action = "list";
  std::string folder;
  double older_than = 0;  ///< days
  std::string max_size;
  bool json = false;
};

/// A pack in use and what is wrong with it.
struct PackState {
  fs::path path;
  std::size_t images = 0;
  std::size_t damaged = 0;
  std::string error;  ///< the whole file can't be used
};

std::vector<PackState> check_packs() {
  std::vector<PackState> packs;
  for (const fs::path& path : jit::default_packs()) {
    PackState state{path, 0, 0, ""};
    std::unique_ptr<const jit::Pack> pack;
    const Status status = jit::Pack::open(path, &pack);
    state.error = status.message();
    state.images = pack == nullptr ? 0 : pack->size();
    for (std::size_t i = 0; i < state.images; ++i) state.damaged += jit::decode_entry(pack->entry(i)) ? 0 : 1;
    packs.push_back(std::move(state));
  }
  return packs;
}

/// "3 d"; to a day, as the folder counts.
std::string age_text(std::chrono::seconds age) {
  const std::int64_t days = age.count() / kDaySeconds;
  return days == 0 ? "< 1 d" : std::to_string(days) + " d";
}

std::string number_text(std::int64_t number) { return number < 0 ? "?" : std::to_string(number); }

/// What kind of kernel, of which cell and dtype: the rest of a specification is for --json.
std::string kernel_text(const std::string& specification) {
  std::vector<std::string> words = split(specification, ' ');
  if (words.size() > 3) words.resize(3);
  return join(words, " ");
}

Json entry_json(const jit::FolderEntry& entry) {
  Json out{{"file", entry.path.filename().string()},
           {"bytes", entry.bytes},
           {"unused_days", entry.age.count() / kDaySeconds},
           {"damage", entry.damage}};
  if (!entry.damage.empty()) return out;
  out["backend"] = entry.key.backend;
  out["isa"] = entry.key.isa;
  out["compiler"] = entry.key.compiler;
  out["options"] = entry.key.options;
  out["specification"] = entry.key.specification;
  out["registers"] = entry.resources.registers;
  out["spill_bytes"] = entry.resources.spill_bytes;
  out["static_shared"] = entry.resources.static_shared;
  out["code_bytes"] = entry.code_bytes;
  return out;
}

Json entries_json(const std::vector<jit::FolderEntry>& entries) {
  Json list = Json::array();
  for (const jit::FolderEntry& entry : entries) list.push_back(entry_json(entry));
  return list;
}

Json packs_json(const std::vector<PackState>& packs) {
  Json list = Json::array();
  for (const PackState& pack : packs) {
    list.push_back({{"file", pack.path.string()},
                    {"images", pack.images},
                    {"damaged_images", pack.damaged},
                    {"error", pack.error}});
  }
  return list;
}

std::uint64_t total_bytes(const std::vector<jit::FolderEntry>& entries) {
  std::uint64_t bytes = 0;
  for (const jit::FolderEntry& entry : entries) bytes += entry.bytes;
  return bytes;
}

std::string size_text(std::uint64_t bytes) { return bytes == 0 ? "0 B" : bytes_text(static_cast<std::int64_t>(bytes)); }

std::string count_text(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string folder_text(const fs::path& folder, const std::vector<jit::FolderEntry>& entries) {
  if (folder.empty()) return "none: $FLASHRNN_CACHE_DIR is empty, or there is no home folder";
  return folder.string() + ", " + count_text(entries.size(), "image") + ", " + size_text(total_bytes(entries));
}

std::string list_text(const fs::path& folder, const std::vector<jit::FolderEntry>& entries,
                      const std::vector<PackState>& packs) {
  std::vector<std::vector<std::string>> fields{{"folder", folder_text(folder, entries)}};
  for (const PackState& pack : packs) {
    fields.push_back(
        {"pack", pack.error.empty() ? pack.path.string() + ", " + count_text(pack.images, "image") : pack.error});
  }
  std::string text = field_lines(fields);
  if (entries.empty()) return text;
  Table table({{"isa", Align::kLeft},
               {"kernel", Align::kLeft},
               {"registers"},
               {"spilled"},
               {"shared"},
               {"size"},
               {"unused"},
               {"compiler", Align::kLeft},
               {"file", Align::kLeft}});
  for (const jit::FolderEntry& entry : entries) {
    const std::string file = entry.path.filename().string().substr(0, 12);
    if (!entry.damage.empty()) {
      table.add({"?", "damaged: " + entry.damage, "", "", "", size_text(entry.bytes), age_text(entry.age), "", file});
      continue;
    }
    table.add({entry.key.isa, kernel_text(entry.key.specification), number_text(entry.resources.registers),
               number_text(entry.resources.spill_bytes), number_text(entry.resources.static_shared),
               size_text(entry.bytes), age_text(entry.age), entry.key.compiler, file});
  }
  return text + "\n" + table.text();
}

ExitCode list(const CacheOptions& o, const fs::path& folder) {
  const std::vector<jit::FolderEntry> entries = jit::list_folder(folder);
  const std::vector<PackState> packs = check_packs();
  if (o.json) {
    const Json out{{"folder", folder.string()},
                   {"bytes", total_bytes(entries)},
                   {"images", entries_json(entries)},
                   {"packs", packs_json(packs)}};
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    std::fputs(list_text(folder, entries, packs).c_str(), stdout);
  }
  return kExitOk;
}

ExitCode verify(const CacheOptions& o, const fs::path& folder) {
  std::vector<jit::FolderEntry> entries = jit::list_folder(folder);
  const std::size_t all = entries.size();
  std::erase_if(entries, [](const jit::FolderEntry& entry) { return entry.damage.empty(); });
  const std::vector<PackState> packs = check_packs();
  std::size_t bad_packs = 0;
  for (const PackState& pack : packs) bad_packs += pack.error.empty() && pack.damaged == 0 ? 0 : 1;
  if (o.json) {
    const Json out{{"folder", folder.string()},
                   {"checked", all},
                   {"damaged", entries_json(entries)},
                   {"packs", packs_json(packs)}};
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    for (const jit::FolderEntry& entry : entries) {
      std::printf("damaged  %s: %s\n", entry.path.c_str(), entry.damage.c_str());
    }
    for (const PackState& pack : packs) {
      if (!pack.error.empty()) {
        std::printf("damaged  %s\n", pack.error.c_str());
      } else if (pack.damaged != 0) {
        std::printf("damaged  %s: %s\n", pack.path.c_str(), count_text(pack.damaged, "image").c_str());
      }
    }
    std::printf("%s, %zu damaged; %s, %zu damaged\n", count_text(all, "image").c_str(), entries.size(),
                count_text(packs.size(), "pack").c_str(), bad_packs);
  }
  return entries.empty() && bad_packs == 0 ? kExitOk : kExitNotHeld;
}

/// "100M" -> 104857600.
std::uint64_t parse_size(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, static_cast<const char*>(text.data() + text.size()));
  const std::size_t power = std::string("KMG").find(unit.empty() ? '?' : unit[0]);
  const unsigned shift = power == std::string::npos ? 0 : 10 * static_cast<unsigned>(power + 1);
  const bool unit_known = unit.empty() || (unit.size() == 1 && power != std::string::npos);
  if (error != std::errc{} || !unit_known || value > std::numeric_limits<std::uint64_t>::max() >> shift) {
    throw UsageError("--max-size is '" + text + "'; give a whole number of bytes, or one with K, M or G, as 100M.");
  }
  return value << shift;
}

ExitCode prune(const CacheOptions& o, const fs::path& folder, bool by_age) {
  jit::PruneOptions options;
  if (by_age) options.older_than = std::chrono::seconds(static_cast<std::int64_t>(o.older_than * kDaySeconds));
  if (!o.max_size.empty()) options.max_bytes = parse_size(o.max_size);
  const jit::Pruned pruned = jit::prune_folder(folder, options);
  if (o.json) {
    const Json out{{"folder", folder.string()},
                   {"removed", entries_json(pruned.removed)},
                   {"removed_bytes", total_bytes(pruned.removed)},
                   {"leftovers_removed", pruned.leftovers},
                   {"kept", pruned.kept},
                   {"kept_bytes", pruned.kept_bytes}};
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    std::printf("%s removed, %s; %zu kept, %s\n", count_text(pruned.removed.size(), "image").c_str(),
                size_text(total_bytes(pruned.removed)).c_str(), static_cast<std::size_t>(pruned.kept),
                size_text(pruned.kept_bytes).c_str());
  }
  for (const fs::path& path : pruned.not_removed) complain(kCommand, path.string() + " can't be removed");
  return pruned.not_removed.empty() ? kExitOk : kExitNotHeld;
}

ExitCode run(const CacheOptions& o, bool folder_given, bool by_age) {
  const fs::path folder = folder_given ? fs::path(o.folder) : jit::CacheOptions::from_environment().folder;
  if (o.action != "prune" && (by_age || !o.max_size.empty())) {
    throw UsageError("--older-than and --max-size are for 'flashrnn cache prune'; leave them away.");
  }
  if (o.action == "list") return list(o, folder);
  if (o.action == "verify") return verify(o, folder);
  if (o.action == "prune") return prune(o, folder, by_age);
  throw UsageError("There is no action '" + o.action + "'." + did_you_mean(o.action, {"list", "verify", "prune"}) +
                   " Give one of: list, verify, prune.");
}

}  // namespace

Action add_cache(CLI::App& app) {
  const auto o = std::make_shared<CacheOptions>();
  app.add_option("ACTION", o->action, "list, verify or prune")->capture_default_str()->type_name("");
  CLI::Option* folder = app.add_option("--folder", o->folder, "Another folder than this user's")->type_name("PATH");
  CLI::Option* older_than =
      add_number(app, "--older-than", o->older_than, 0.0, 36500.0, "prune: remove what was not used for so many days")
          ->type_name("DAYS");
  app.add_option("--max-size", o->max_size, "prune: remove the longest unused until the rest fits, as 100M")
      ->type_name("SIZE");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Kernels for GPUs are compiled once and kept: in $FLASHRNN_CACHE_DIR (empty: nowhere), else in\n"
      "$XDG_CACHE_HOME/flashrnn, else in ~/.cache/flashrnn. 'verify' reads every image and every pack, and ends with "
      "1\n"
      "when one is damaged; the library makes such an image anew by itself. 'prune' removes damaged images, and what\n"
      "its options name. The folder may be removed at any time (docs/cache.md).");
  return [o, folder, older_than] { return run(*o, folder->count() > 0, older_than->count() > 0); };
}

}  // namespace flashrnn::tool
