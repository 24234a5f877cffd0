// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "document.hpp"
#include "formula.hpp"
#include "hw_db/fields.hpp"

namespace flashrnn::hw {
namespace {

class DeviceChecker {
 public:
  DeviceChecker(const Document& document, const Device& device, std::vector<Problem>& problems)
      : document_(document), device_(device), problems_(problems) {}

  void run() {
    if (device_.kind == Kind::kGpu) {
      check_facts(gpu_fields(), device_.gpu);
      check_rates();
      check_gpu_limits();
    } else {
      check_facts(cpu_fields(), device_.cpu);
      check_cpu_limits();
    }
  }

 private:
  void note(const Origin* origin, std::string_view field, std::string message) {
    const bool own = origin != nullptr && origin->file == document_.shown;
    if (origin != nullptr && !own) message += " (of " + device_.name + ")";
    problems_.push_back(origin == nullptr
                            ? problem_at(document_, 1, field, std::move(message))
                            : Problem{origin->file, origin->line, std::string(field), std::move(message)});
  }

  template <typename Facts>
  void check_facts(std::span<const Field<Facts>> fields, const Facts& facts) {
    lookup_ = [fields, &facts](std::string_view name) -> std::optional<double> {
      const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == name; });
      return field == fields.end() ? std::nullopt : value_number(*field, facts);
    };
    for (const Field<Facts>& field : fields) {
      const Origin* origin = facts.origin(field.name);
      const bool needed = field.need == Need::kFamily || (field.need == Need::kDevice && !device_.is_family);
      if (origin == nullptr && needed) {
        note(nullptr, field.name,
             std::string("is missing; every ") + (device_.is_family ? "family" : "device") +
                 " of this kind has to have it, or inherit it");
      }
      const bool is_count = std::holds_alternative<Count Facts::*>(field.member);
      if (origin != nullptr) check_formula(*origin, field.name, value_number(field, facts), is_count);
    }
  }

  void check_rates() {
    for (const MatrixInstruction& instruction : device_.gpu.matrix_instructions) {
      const std::string field = "matrix_instructions/" + instruction.name + "/flops_per_clock_per_compute_unit";
      const Origin* origin = device_.gpu.origin(field);
      if (origin != nullptr) check_formula(*origin, field, instruction.flops_per_clock_per_compute_unit, false);
    }
  }

  void check_formula(const Origin& origin, std::string_view field, std::optional<double> value, bool is_count) {
    // What a real figure may lose when it is written with three digits.
    constexpr double kRoundingShare = 0.005;
    constexpr double kRoundingCount = 0.5;
    if (origin.formula.empty() || !value) return;
    const auto result = evaluate_formula(origin.formula, lookup_);
    if (const auto* error = std::get_if<std::string>(&result)) {
      return note(&origin, field, "its formula '" + origin.formula + "' " + *error);
    }
    const double computed = std::get<double>(result);
    const double allowed = is_count ? kRoundingCount : kRoundingShare * std::fabs(*value);
    if (std::fabs(computed - *value) > allowed) {
      std::array<char, 120> text{};
      std::snprintf(text.data(), text.size(), "is %.10g, but its formula gives %.10g", *value, computed);
      note(&origin, field, text.data());
    }
  }

  /// Notes a problem at `field` unless `holds`, where both figures are known.
  void check_order(std::string_view field, std::string_view limit, bool (*holds)(double, double),
                   std::string_view says) {
    const auto a = lookup_(field);
    const auto b = lookup_(limit);
    if (!a || !b || holds(*a, *b)) return;
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(), "is %.10g and %.*s is %.10g; it has to be %.*s", *a,
                  static_cast<int>(limit.size()), limit.data(), *b, static_cast<int>(says.size()), says.data());
    const Origin* origin = device_.kind == Kind::kGpu ? device_.gpu.origin(field) : device_.cpu.origin(field);
    note(origin, field, text.data());
  }
  void check_at_most(std::string_view field, std::string_view limit) {
    check_order(
        field, limit, [](double a, double b) { return a <= b; }, "at most that");
  }
  void check_multiple(std::string_view field, std::string_view unit) {
    check_order(
        field, unit, [](double a, double b) { return std::fmod(a, b) == 0; }, "a multiple of it");
  }

  void check_gpu_limits() {
    check_at_most("shared_bytes_per_block_max", "shared_bytes_per_compute_unit");
    check_at_most("max_threads_per_block", "max_threads_per_compute_unit");
    check_multiple("max_threads_per_block", "threads_per_warp");
    check_multiple("max_threads_per_compute_unit", "threads_per_warp");
    check_at_most("cluster_blocks_max", "cluster_blocks_max_nonportable");
    check_at_most("registers_per_thread_max", "registers_32bit_per_compute_unit");
    check_at_most("l2_bytes", "memory_bytes");
    const GpuFacts& gpu = device_.gpu;
    if (!device_.is_family && gpu.origin("matrix_instructions") == nullptr) {
      note(nullptr, "matrix_instructions", "is missing; an empty list says that there are none");
    }
    if (device_.vendor == "amd") {
      const bool known = gpu.vgpr_32bit_per_simd && gpu.simds_per_compute_unit;
      if (!known) return note(nullptr, "vgpr_32bit_per_simd", "and simds_per_compute_unit are needed of an AMD device");
      if (gpu.registers_32bit_per_compute_unit != *gpu.vgpr_32bit_per_simd * *gpu.simds_per_compute_unit) {
        note(gpu.origin("registers_32bit_per_compute_unit"), "registers_32bit_per_compute_unit",
             "is not vgpr_32bit_per_simd * simds_per_compute_unit");
      }
    }
  }

  void check_cpu_limits() {
    check_at_most("l1_data_bytes", "l2_bytes");
    const CpuFacts& cpu = device_.cpu;
    if (cpu.l3_bytes.value_or(0) > 0 && !cpu.l3_sharing_cores) {
      note(nullptr, "l3_sharing_cores", "is missing; it belongs to l3_bytes");
    }
  }

  const Document& document_;
  const Device& device_;
  std::vector<Problem>& problems_;
  Lookup lookup_;
};

}  // namespace

void check_device(const Document& document, const Device& device, std::vector<Problem>& problems) {
  DeviceChecker(document, device, problems).run();
}

}  // namespace flashrnn::hw
