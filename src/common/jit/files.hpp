// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Files that are whole or not there.
namespace flashrnn::jit {

/// The whole file; nothing when it can't be read.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);

/// mkdir -p, for this user alone: what lies in the folder runs on the user's GPU. Returns false, with errno, when there
/// is no such folder then.
bool make_folders(const std::filesystem::path& folder);

enum class Readers { kOwner, kAll };  ///< kAll: as far as the process's umask allows

/// Writes a temporary file beside `path`, waits until the disk has it, and renames it. Readers see the old file or the
/// new one. Returns false, with errno, when something fails; then nothing is left behind.
bool write_file(const std::filesystem::path& path, std::string_view bytes, Readers readers);

/// Ends the names of the temporary files that write_file makes, which a killed process leaves behind.
inline constexpr std::string_view kTemporarySuffix = ".tmp";

}  // namespace flashrnn::jit
