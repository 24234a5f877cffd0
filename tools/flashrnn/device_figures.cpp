// SPDX-License-Identifier: Apache-2.0
#include "device_figures.hpp"

#include <span>
#include <variant>

#include "hw_db/fields.hpp"
#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

constexpr const char* kRate = "flops_per_clock_per_compute_unit";

template <typename Facts>
Json json_value(const hw::Field<Facts>& field, const Facts& facts) {
  return std::visit([&](const auto member) -> Json { return *(facts.*member); }, field.member);
}

hw::Origin origin_of(const hw::Origins& origins, const std::string& key) {
  const auto found = origins.find(key);
  return found == origins.end() ? hw::Origin{} : found->second;
}

template <typename Facts>
std::vector<Figure> scalar_figures(std::span<const hw::Field<Facts>> fields, const Facts& facts) {
  std::vector<Figure> figures;
  for (const hw::Field<Facts>& field : fields) {
    const auto text = value_text(field, facts);
    if (!text) continue;
    figures.push_back({std::string(field.name), json_value(field, facts), *text, std::string(hw::unit_of(field.name)),
                       origin_of(facts.origins, std::string(field.name))});
  }
  return figures;
}

template <typename Facts>
std::vector<std::string> absent_fields(std::span<const hw::Field<Facts>> fields, const Facts& facts) {
  std::vector<std::string> names;
  for (const hw::Field<Facts>& field : fields) {
    if (!value_text(field, facts)) names.emplace_back(field.name);
  }
  return names;
}

/// "m64 n8..256 k16, bf16 to fp32"
std::string instruction_text(const hw::MatrixInstruction& i) {
  const std::string n = i.n_step > 0 && i.n_step < i.n ? std::to_string(i.n_step) + ".." : "";
  return "m" + std::to_string(i.m) + " n" + n + std::to_string(i.n) + " k" + std::to_string(i.k) + ", " + i.input +
         " to " + i.accumulate;
}

/// Dense, of the whole device at the clock of the database: what data sheets quote.
std::string peak_text(const hw::GpuFacts& facts, const hw::MatrixInstruction& i) {
  if (!i.flops_per_clock_per_compute_unit || !facts.compute_units || !facts.clock_mhz) return "?";
  const double per_clock = *i.flops_per_clock_per_compute_unit * static_cast<double>(*facts.compute_units);
  return format("%.4g", per_clock * *facts.clock_mhz * 1e6 / 1e12);
}

std::string instruction_key(const hw::MatrixInstruction& i) { return "matrix_instructions/" + i.name; }

/// "B = 227 KB", where that says more than "B".
std::string unit_text(const Figure& figure) {
  constexpr std::int64_t kKilobyte = 1024;
  if (figure.unit != "B" || !figure.value.is_number_integer() || figure.value < kKilobyte) return figure.unit;
  return "B = " + bytes_text(figure.value.get<std::int64_t>());
}

Json origin_json(const hw::Origin& origin) {
  constexpr const char* kKinds[] = {"vendor", "measured", "derived", "reported"};
  return {{"kind", kKinds[static_cast<int>(origin.kind)]},
          {"file", origin.file},
          {"line", origin.line},
          {"title", origin.title},
          {"where", origin.where},
          {"formula", origin.formula}};
}

Json instructions_json(const hw::GpuFacts& facts) {
  Json list = Json::array();
  for (const hw::MatrixInstruction& i : facts.matrix_instructions) {
    Json entry{{"name", i.name},
               {"m", i.m},
               {"n", i.n},
               {"n_step", i.n_step},
               {"k", i.k},
               {"input", i.input},
               {"accumulate", i.accumulate},
               {"origin", origin_json(origin_of(facts.origins, instruction_key(i)))}};
    entry[kRate] = nullptr;
    if (i.flops_per_clock_per_compute_unit) {
      entry[kRate] = {{"value", *i.flops_per_clock_per_compute_unit},
                      {"unit", "flop/clock"},
                      {"origin", origin_json(origin_of(facts.origins, instruction_key(i) + "/" + kRate))}};
    }
    list.push_back(std::move(entry));
  }
  return list;
}

std::string instructions_text(const hw::GpuFacts& facts) {
  if (facts.matrix_instructions.empty()) return "";
  using Align = Table::Align;
  Table table({{"matrix instruction", Align::kLeft},
               {"shape", Align::kLeft},
               {"flop/clock"},
               {"TFLOP/s"},
               {"instruction and rate from", Align::kLeft}});
  for (const hw::MatrixInstruction& i : facts.matrix_instructions) {
    const bool has_rate = i.flops_per_clock_per_compute_unit.has_value();
    table.add({i.name, instruction_text(i), has_rate ? format("%.6g", *i.flops_per_clock_per_compute_unit) : "?",
               peak_text(facts, i), origin_of(facts.origins, instruction_key(i)).to_string()});
    if (has_rate) {
      table.add({"", "", "", "", origin_of(facts.origins, instruction_key(i) + "/" + kRate).to_string()});
    }
  }
  return "\n" + table.text();
}

}  // namespace

std::vector<Figure> figures_of(const hw::Device& device) {
  return device.kind == hw::Kind::kCpu ? scalar_figures(hw::cpu_fields(), device.cpu)
                                       : scalar_figures(hw::gpu_fields(), device.gpu);
}

std::vector<std::string> unknown_fields(const hw::Device& device) {
  return device.kind == hw::Kind::kCpu ? absent_fields(hw::cpu_fields(), device.cpu)
                                       : absent_fields(hw::gpu_fields(), device.gpu);
}

std::string figures_text(const hw::Device& device) {
  using Align = Table::Align;
  Table table({{"figure", Align::kLeft}, {"value"}, {"unit", Align::kLeft}, {"from", Align::kLeft}});
  for (const Figure& figure : figures_of(device)) {
    table.add({figure.field, figure.text, unit_text(figure), figure.origin.to_string()});
  }
  std::string text = table.text();
  if (device.kind == hw::Kind::kGpu) text += instructions_text(device.gpu);
  const std::vector<std::string> unknown = unknown_fields(device);
  if (!unknown.empty()) text += "\nNot known: " + join(unknown) + ".\n";
  return text;
}

Json device_entry_json(const hw::Device& device) {
  Json figures = Json::array();
  for (const Figure& figure : figures_of(device)) {
    figures.push_back({{"field", figure.field},
                       {"value", figure.value},
                       {"unit", figure.unit},
                       {"origin", origin_json(figure.origin)}});
  }
  Json entry{{"name", device.name},
             {"vendor", device.vendor},
             {"kind", device.kind == hw::Kind::kCpu ? "cpu" : "gpu"},
             {"family", device.is_family},
             {"description", device.description},
             {"isa", device.isa},
             {"driver_names", device.driver_names},
             {"figures", std::move(figures)},
             {"unknown", unknown_fields(device)}};
  if (device.kind == hw::Kind::kGpu) entry["matrix_instructions"] = instructions_json(device.gpu);
  return entry;
}

}  // namespace flashrnn::tool
