// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/image.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>

namespace flashrnn::cuda {
namespace {

/// Little-endian numbers anywhere in the file, or nothing where the file does not reach.
class File {
 public:
  explicit File(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  [[nodiscard]] std::optional<T> number(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::optional<std::string_view> part(std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > bytes_.size() || bytes > bytes_.size() - offset) return std::nullopt;
    return bytes_.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
  }

 private:
  std::string_view bytes_;
};

/// "" where the table does not reach, or does not end the name.
std::string name_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(static_cast<std::size_t>(offset));
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string() : std::string(rest.substr(0, end));
}

// The ELF-64 fields that are read (System V ABI, "Object Files"): offsets within the header and within the headers of
// sections and symbols.
constexpr std::string_view kMagic("\177ELF\2\1", 6);  // 64 bits, little-endian
constexpr std::uint16_t kMachineCuda = 190;
constexpr std::uint64_t kHeaderMachine = 18, kHeaderSections = 40, kHeaderSectionBytes = 58, kHeaderSectionCount = 60,
                        kHeaderNames = 62;
constexpr std::uint64_t kSectionName = 0, kSectionType = 4, kSectionOffset = 24, kSectionSize = 32, kSectionBytes = 64;
constexpr std::uint32_t kTypeNoBits = 8;
constexpr std::uint64_t kSymbolBytes = 24;

struct Section {
  std::string name;
  std::uint64_t size = 0;
  std::string_view data;  ///< empty for those that have none in the file
};

std::optional<std::vector<Section>> read_sections(const File& file) {
  const auto table = file.number<std::uint64_t>(kHeaderSections);
  const auto entry_bytes = file.number<std::uint16_t>(kHeaderSectionBytes);
  const auto count = file.number<std::uint16_t>(kHeaderSectionCount);
  const auto names_index = file.number<std::uint16_t>(kHeaderNames);
  if (!table || !entry_bytes || !count || !names_index || *entry_bytes < kSectionBytes || *names_index >= *count) {
    return std::nullopt;
  }
  const auto headers = file.part(*table, std::uint64_t{*entry_bytes} * *count);
  if (!headers) return std::nullopt;
  const File header(*headers);
  const auto data_of = [&](std::uint64_t at) {
    const bool in_file = header.number<std::uint32_t>(at + kSectionType).value_or(kTypeNoBits) != kTypeNoBits;
    return in_file ? file.part(header.number<std::uint64_t>(at + kSectionOffset).value_or(0),
                               header.number<std::uint64_t>(at + kSectionSize).value_or(0))
                   : std::string_view();
  };
  const std::optional<std::string_view> names = data_of(std::uint64_t{*entry_bytes} * *names_index);
  if (!names) return std::nullopt;
  std::vector<Section> sections;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const std::uint64_t at = i * *entry_bytes;
    const std::optional<std::string_view> data = data_of(at);
    if (!data) return std::nullopt;
    sections.push_back({name_at(*names, header.number<std::uint32_t>(at + kSectionName).value_or(0)),
                        header.number<std::uint64_t>(at + kSectionSize).value_or(0), *data});
  }
  return sections;
}

std::string_view find_section(const std::vector<Section>& sections, std::string_view name) {
  const auto it = std::find_if(sections.begin(), sections.end(), [&](const Section& s) { return s.name == name; });
  return it == sections.end() ? std::string_view() : it->data;
}

// Attributes in .nv.info, as the tool cuobjdump names them: a format, an attribute, and 16 bits that are the value, or
// the bytes of the value that follows. Those read here have a symbol and a number as their value.
constexpr std::uint8_t kFormatSized = 4;
constexpr std::uint8_t kAttributeFrameSize = 0x11;
constexpr std::uint8_t kAttributeRegisters = 0x2f;

using Kernels = std::map<std::string, CompiledKernel>;

void read_info(std::string_view info, std::string_view symbols, std::string_view names, Kernels* kernels) {
  const File file(info);
  const File symbol_file(symbols);
  for (std::uint64_t at = 0; at + 4 <= info.size();) {
    const std::uint8_t format = file.number<std::uint8_t>(at).value_or(0);
    const std::uint8_t attribute = file.number<std::uint8_t>(at + 1).value_or(0);
    const std::uint16_t size = file.number<std::uint16_t>(at + 2).value_or(0);
    at += 4;
    if (format != kFormatSized) continue;
    const auto symbol = file.number<std::uint32_t>(at);
    const auto value = file.number<std::uint32_t>(at + 4);
    at += size;
    if (size < 8 || !symbol || !value) continue;
    const auto name = symbol_file.number<std::uint32_t>(*symbol * kSymbolBytes);
    if (!name) continue;
    // Functions that are no kernels have attributes too.
    const auto kernel = kernels->find(name_at(names, *name));
    if (kernel == kernels->end()) continue;
    jit::Resources& resources = kernel->second.resources;
    if (attribute == kAttributeRegisters) resources.registers = static_cast<std::int32_t>(*value & 0xffffU);
    if (attribute == kAttributeFrameSize) resources.spill_bytes = static_cast<std::int32_t>(*value & 0x7fffffffU);
  }
}

constexpr std::string_view kCodePrefix = ".text.";
constexpr std::string_view kSharedPrefix = ".nv.shared.";
/// Where it is, the other sections of shared memory begin with what the driver keeps for itself in every block.
constexpr std::string_view kReservedShared = ".nv.shared.reserved.0";
constexpr std::uint64_t kReservedBytes = 1024;
/// Of kernels alone: where their parameters lie.
constexpr std::string_view kConstantPrefix = ".nv.constant0.";

}  // namespace

Status read_cubin(std::string_view cubin, std::vector<CompiledKernel>* kernels) {
  kernels->clear();
  const File file(cubin);
  if (!cubin.starts_with(kMagic) || file.number<std::uint16_t>(kHeaderMachine) != kMachineCuda) {
    return Status::invalid("the image is no ELF file for an NVIDIA GPU");
  }
  const std::optional<std::vector<Section>> sections = read_sections(file);
  if (!sections) return Status::invalid("the image is cut off or damaged");
  Kernels found;
  for (const Section& section : *sections) {
    if (!section.name.starts_with(kConstantPrefix)) continue;
    CompiledKernel kernel;
    kernel.name = section.name.substr(kConstantPrefix.size());
    kernel.resources.static_shared = 0;
    kernel.resources.spill_bytes = 0;
    found.emplace(kernel.name, kernel);
  }
  const bool reserves = std::any_of(sections->begin(), sections->end(),
                                    [](const Section& section) { return section.name == kReservedShared; });
  for (const Section& section : *sections) {
    if (section.name.starts_with(kCodePrefix)) {
      const auto kernel = found.find(section.name.substr(kCodePrefix.size()));
      if (kernel != found.end()) kernel->second.code_bytes = static_cast<std::int64_t>(section.size);
    } else if (section.name.starts_with(kSharedPrefix)) {
      const auto kernel = found.find(section.name.substr(kSharedPrefix.size()));
      const std::uint64_t own = section.size - (reserves ? std::min(section.size, kReservedBytes) : 0);
      if (kernel != found.end()) kernel->second.resources.static_shared = static_cast<std::int64_t>(own);
    }
  }
  read_info(find_section(*sections, ".nv.info"), find_section(*sections, ".symtab"), find_section(*sections, ".strtab"),
            &found);
  for (auto& [name, kernel] : found) {
    if (kernel.code_bytes > 0) kernels->push_back(std::move(kernel));
  }
  return {};
}

}  // namespace flashrnn::cuda
