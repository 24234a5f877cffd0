// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "hw_db/database.hpp"
#include "hw_db/fields.hpp"
#include "identity.hpp"

namespace flashrnn::hw {
namespace {

/// Letters and digits that are given, so that "NVIDIA H100 PCIe" is preferred to "NVIDIA H100*".
int literal_length(std::string_view pattern) {
  return static_cast<int>(pattern.size() - static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '*')));
}

/// 0 where nothing fits. A family is matched by ISA, a device by name and, where both are known, by ISA too.
int gpu_score(const Device& device, const ReportedGpu& reported) {
  const std::string isa = plain_isa(reported.isa);
  if (!device.is_family && !isa.empty() && plain_isa(device.isa) != isa) return 0;
  int best = 0;
  for (const std::string& pattern : device.driver_names) {
    if (glob_match(pattern, device.is_family ? isa : reported.name)) best = std::max(best, literal_length(pattern));
  }
  return best;
}

int cpu_score(const Device& device, const CpuIdentity& identity, const std::string& system) {
  int best = 0;
  for (const std::string& text : device.driver_names) {
    const auto pattern = parse_identity_pattern(text);
    if (pattern) best = std::max(best, identity_score(*pattern, identity, system));
  }
  return best;
}

template <typename Score>
const Device* best_device(const std::vector<Device>& devices, Kind kind, bool families, Score score) {
  const Device* best = nullptr;
  int best_score = 0;
  for (const Device& device : devices) {
    if (device.kind != kind || device.is_family != families) continue;
    const int points = score(device);
    if (points > best_score) {
      best_score = points;
      best = &device;
    }
  }
  return best;
}

/// Puts what is reported over the figures.
template <typename Facts>
void apply_report(std::span<const Field<Facts>> fields, const Facts& reported, Facts& facts, const std::string& name,
                  const Log& log) {
  for (const Field<Facts>& field : fields) {
    const auto told = value_text(field, reported);
    if (!told) continue;
    const auto known = value_text(field, facts);
    const Origin origin = reported.origin(field.name) != nullptr ? *reported.origin(field.name) : Origin{};
    if (log && known && *known != *told && !field.varies_by_part) {
      const double a = value_number(field, facts).value_or(0);
      const double b = value_number(field, reported).value_or(0);
      if (a == b || std::fabs(a - b) > field.tolerance * std::fabs(a)) {
        log(name + ": " + std::string(field.name) + " is " + *told + ", " + origin.to_string() + ", and " + *known +
            " in the database (" + facts.origin(field.name)->to_string() + "); " + *told + " is used.");
      }
    }
    std::visit([&](const auto member) { facts.*member = reported.*member; }, field.member);
    facts.origins[std::string(field.name)] = origin;
  }
}

}  // namespace

Device Database::match(const ReportedGpu& reported, const Log& log) const {
  const auto score = [&](const Device& device) { return gpu_score(device, reported); };
  const Device* known = best_device(devices_, Kind::kGpu, false, score);
  const Device* family = known == nullptr ? best_device(devices_, Kind::kGpu, true, score) : nullptr;
  Device device;
  if (known != nullptr) {
    device = *known;
  } else {
    if (family != nullptr) device = *family;
    device.name = reported.name;
    device.match = family != nullptr ? Match::kFamily : Match::kNone;
    if (log) {
      log(reported.name + " (" + reported.isa + ") is not in the hardware database; " +
          (family != nullptr ? "the figures of " + family->name + " are used."
                             : "only what the driver reports is used."));
    }
  }
  device.is_family = false;
  if (!reported.isa.empty() && plain_isa(device.isa) != plain_isa(reported.isa)) device.isa = plain_isa(reported.isa);
  apply_report(gpu_fields(), reported.facts, device.gpu, device.name, log);
  return device;
}

Device Database::match(const ReportedCpu& reported, const Log& log) const {
  Device device;
  device.kind = Kind::kCpu;
  device.match = Match::kNone;
  device.name = reported.brand;
  for (const bool families : {false, true}) {
    for (const CpuIdentity& identity : reported.identities) {
      if (device.match != Match::kNone) break;
      const Device* found = best_device(devices_, Kind::kCpu, families, [&](const Device& candidate) {
        return cpu_score(candidate, identity, reported.system_vendor);
      });
      if (found == nullptr) continue;
      device = *found;
      device.match = families ? Match::kFamily : Match::kDevice;
      if (families) device.name = reported.brand;
      device.is_family = false;
      if (families && log) {
        log(reported.brand + " (" + identity.to_string() + ") is not in the hardware database; the figures of " +
            found->name + " are used.");
      }
    }
  }
  if (device.match == Match::kNone && log) {
    log(reported.brand + " is not in the hardware database; only what the machine reports is used.");
  }
  if (device.isa.empty()) device.isa = reported.isa;
  apply_report(cpu_fields(), reported.facts, device.cpu, device.name, log);
  return device;
}

}  // namespace flashrnn::hw
