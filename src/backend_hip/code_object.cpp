// SPDX-License-Identifier: Apache-2.0
#include "backend_hip/code_object.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "backend_hip/message_pack.hpp"

namespace flashrnn::hip {
namespace {

// The ELF-64 fields that are read (System V ABI, "Object Files"): offsets within the header and a program header.
constexpr std::string_view kMagic("\177ELF\2\1", 6);  // 64 bits, little-endian
constexpr std::uint16_t kMachineAmdgpu = 224;
constexpr std::uint64_t kHeaderMachine = 18, kHeaderPrograms = 32, kHeaderProgramBytes = 54, kHeaderProgramCount = 56;
constexpr std::uint64_t kProgramType = 0, kProgramOffset = 8, kProgramSize = 32;
constexpr std::uint32_t kTypeNote = 4;
constexpr std::uint64_t kNoteHeader = 12;
constexpr std::string_view kOwner("AMDGPU\0", 7);
constexpr std::uint32_t kMetadata = 32;  // NT_AMDGPU_METADATA

std::optional<std::string_view> part(std::string_view file, std::uint64_t offset, std::uint64_t bytes) {
  if (offset > file.size() || bytes > file.size() - offset) return std::nullopt;
  return file.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
}

/// Little-endian; nothing where the file does not reach.
template <class T>
std::optional<T> number(std::string_view file, std::uint64_t offset) {
  const auto bytes = part(file, offset, sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

std::uint64_t padded(std::uint64_t bytes) { return (bytes + 3) / 4 * 4; }

/// The description of the metadata note among `notes`.
std::optional<std::string_view> find_metadata(std::string_view notes) {
  while (notes.size() >= kNoteHeader) {
    const std::uint64_t owner_bytes = *number<std::uint32_t>(notes, 0);
    const std::uint64_t bytes = *number<std::uint32_t>(notes, 4);
    const std::uint32_t type = *number<std::uint32_t>(notes, 8);
    const auto owner = part(notes, kNoteHeader, owner_bytes);
    const auto description = part(notes, kNoteHeader + padded(owner_bytes), bytes);
    if (!owner || !description) return std::nullopt;
    if (type == kMetadata && *owner == kOwner) return description;
    const std::uint64_t whole = kNoteHeader + padded(owner_bytes) + padded(bytes);
    if (whole >= notes.size()) return std::nullopt;
    notes.remove_prefix(static_cast<std::size_t>(whole));
  }
  return std::nullopt;
}

std::optional<std::string_view> find_metadata_in_file(std::string_view file) {
  const auto table = number<std::uint64_t>(file, kHeaderPrograms);
  const auto entry = number<std::uint16_t>(file, kHeaderProgramBytes);
  const auto count = number<std::uint16_t>(file, kHeaderProgramCount);
  if (!table || !entry || !count || *table > file.size()) return std::nullopt;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const std::uint64_t at = *table + i * *entry;
    const auto type = number<std::uint32_t>(file, at + kProgramType);
    const auto offset = number<std::uint64_t>(file, at + kProgramOffset);
    const auto size = number<std::uint64_t>(file, at + kProgramSize);
    if (!type || !offset || !size) return std::nullopt;
    if (*type != kTypeNote) continue;
    const auto notes = part(file, *offset, *size);
    if (!notes) return std::nullopt;
    if (const auto metadata = find_metadata(*notes)) return metadata;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, std::int64_t CodeObjectKernel::*>, 9> kNumbers = {{
    {".vgpr_count", &CodeObjectKernel::vector_registers},
    {".agpr_count", &CodeObjectKernel::accumulator_registers},
    {".sgpr_count", &CodeObjectKernel::scalar_registers},
    {".vgpr_spill_count", &CodeObjectKernel::vector_spills},
    {".sgpr_spill_count", &CodeObjectKernel::scalar_spills},
    {".private_segment_fixed_size", &CodeObjectKernel::scratch_bytes},
    {".group_segment_fixed_size", &CodeObjectKernel::static_shared},
    {".max_flat_workgroup_size", &CodeObjectKernel::most_threads},
    {".wavefront_size", &CodeObjectKernel::wave_size},
}};

bool read_kernel(MessagePack& in, CodeObjectKernel* kernel) {
  const auto pairs = in.map();
  for (std::uint64_t i = 0; pairs && i < *pairs; ++i) {
    const auto key = in.string();
    if (!key) return false;
    std::int64_t CodeObjectKernel::*field = nullptr;
    for (const auto& [name, member] : kNumbers) {
      if (*key == name) field = member;
    }
    if (field != nullptr) {
      const auto value = in.integer();
      if (!value) return false;
      kernel->*field = *value;
    } else if (*key == ".name") {
      const auto name = in.string();
      if (!name) return false;
      kernel->name = *name;
    } else if (!in.skip()) {
      return false;
    }
  }
  return pairs.has_value();
}

bool read_metadata(MessagePack in, CodeObject* object) {
  const auto pairs = in.map();
  for (std::uint64_t i = 0; pairs && i < *pairs; ++i) {
    const auto key = in.string();
    if (!key) return false;
    if (*key == "amdhsa.target") {
      const auto target = in.string();
      if (!target) return false;
      object->target = *target;
    } else if (*key == "amdhsa.kernels") {
      const auto kernels = in.array();
      for (std::uint64_t k = 0; kernels && k < *kernels; ++k) {
        if (!read_kernel(in, &object->kernels.emplace_back())) return false;
      }
      if (!kernels) return false;
    } else if (!in.skip()) {
      return false;
    }
  }
  return pairs.has_value();
}

}  // namespace

Status read_code_object(std::string_view file, CodeObject* object) {
  *object = CodeObject();
  if (file.substr(0, kMagic.size()) != kMagic || number<std::uint16_t>(file, kHeaderMachine) != kMachineAmdgpu) {
    return Status::invalid("The code object is no ELF file for an AMD GPU.");
  }
  const auto metadata = find_metadata_in_file(file);
  if (!metadata) return Status::invalid("The code object has no metadata of its kernels (version 3 or later has).");
  if (!read_metadata(MessagePack(*metadata), object)) {
    return Status::invalid("The metadata of the code object is damaged.");
  }
  return {};
}

}  // namespace flashrnn::hip
