// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw_db/facts.hpp"

namespace flashrnn::hw {

enum class Kind { kGpu, kCpu };

/// How a device that was reported came by its figures.
enum class Match {
  /// A file describes this device.
  kDevice,
  /// Only its family is known.
  kFamily,
  /// All figures are reported ones.
  kNone,
};

struct Device {
  /// "nvidia/h200": the path of its file. Of an unknown device, what the driver calls it.
  std::string name;
  std::string vendor;
  Kind kind = Kind::kGpu;
  bool is_family = false;
  std::string description;
  /// "sm_90a", "gfx942", "x86-64", "aarch64".
  std::string isa;
  /// What drivers call it; `*` stands for any text. Of a GPU family: the ISAs in it. Of a CPU, see CpuIdentity.
  std::vector<std::string> driver_names;
  Match match = Match::kDevice;
  /// That of its kind is filled.
  GpuFacts gpu;
  CpuFacts cpu;
};

/// What is wrong with a file.
struct Problem {
  std::string file;
  int line = 0;
  /// Empty where the problem is not one field's.
  std::string field;
  std::string message;

  /// "nvidia/h200.json:12: compute_units: ..."
  [[nodiscard]] std::string to_string() const;
};

/// What a GPU's driver says of a device. Every figure present wins over the database's.
struct ReportedGpu {
  /// CUDA's device name, or HIP's.
  std::string name;
  /// "sm_90", or HIP's gcnArchName, with or without its features ("gfx90a:sramecc+:xnack-").
  std::string isa;
  GpuFacts facts;
};

/// What names a kind of CPU core: on x86-64 vendor, family and model as CPUID gives them, on AArch64 implementer and
/// part of MIDR. A driver name of a file says the same with ranges, and may name the system's vendor, as firmware tells
/// it:
///     AuthenticAMD family 25 model 16-31 160-175
///     implementer 0x41 part 0xd4f system Amazon*
struct CpuIdentity {
  std::string vendor;
  int family = -1;
  int model = -1;
  int implementer = -1;
  int part = -1;

  bool operator==(const CpuIdentity&) const = default;
  [[nodiscard]] std::string to_string() const;
};

/// What CPUID and the operating system say.
struct ReportedCpu {
  /// Of the machine's kinds of cores, the fastest first.
  std::vector<CpuIdentity> identities;
  /// For people.
  std::string brand;
  std::string system_vendor;
  std::string isa;
  CpuFacts facts;
};

/// Takes one sentence.
using Log = std::function<void(std::string_view)>;

struct LoadOptions {
  /// Its files, laid out as devices/ is, replace those of the same name, or add to them. Empty: $FLASHRNN_HW_DB_DIR, if
  /// that is set.
  std::filesystem::path folder;
  bool read_environment = true;
  /// The files built into the library.
  bool embedded = true;
};

/// The devices of all files. Immutable once loaded; any number of threads may use it.
class Database {
 public:
  /// Throws nothing but std::bad_alloc. What is wrong with a file is in problems(); a file of the folder that has a
  /// problem, or inherits one, is left out, and the embedded one of the same name is used.
  [[nodiscard]] static Database load(const LoadOptions& options = {});
  /// Loaded with the default options at the first call.
  [[nodiscard]] static const Database& shared();

  /// By "nvidia/h200"; families too ("nvidia/families/sm_90"). Null if there is none.
  [[nodiscard]] const Device* find(std::string_view name) const;
  /// Sorted by name, families included.
  [[nodiscard]] const std::vector<Device>& devices() const { return devices_; }
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }

  /// The device's figures, or its family's, with what is reported put over them. Each disagreement, and a device that
  /// only its family is known of, is logged.
  [[nodiscard]] Device match(const ReportedGpu& reported, const Log& log = {}) const;
  [[nodiscard]] Device match(const ReportedCpu& reported, const Log& log = {}) const;

 private:
  std::vector<Device> devices_;
  std::vector<Problem> problems_;
};

/// What is wrong with the files of a folder that is laid out as devices/ is, taken as a whole database.
[[nodiscard]] std::vector<Problem> validate_folder(const std::filesystem::path& folder);

}  // namespace flashrnn::hw
