// SPDX-License-Identifier: Apache-2.0
#include "database_devices.hpp"

#include "error.hpp"
#include "hw_db/cpu_probe.hpp"
#include "message.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

/// warn_of_database_problems has said what they are.
std::string file_problems(const std::string& name) {
  std::size_t count = 0;
  for (const hw::Problem& problem : hw::Database::shared().problems()) {
    if (problem.file.ends_with(name + ".json")) ++count;
  }
  if (count == 0) return "";
  return " Its file can't be used, it has " + std::to_string(count) + (count == 1 ? " problem." : " problems.");
}

/// The entry that a matched device has its figures from, by the origin of one that no machine reports.
std::string entry_of(const hw::Device& device) {
  if (device.match == hw::Match::kDevice) return device.name;
  for (const auto& [field, origin] : device.cpu.origins) {
    const std::size_t end = origin.file.rfind(".json");
    if (origin.kind != hw::SourceKind::kReported && end != std::string::npos) return origin.file.substr(0, end);
  }
  return "";
}

}  // namespace

bool is_database_name(const std::string& name) { return name.find('/') != std::string::npos; }

const hw::Device& find_database_device(const std::string& name, const std::vector<std::string>& also) {
  const hw::Database& database = hw::Database::shared();
  const hw::Device* device = database.find(name);
  if (device != nullptr) return *device;
  std::vector<std::string> names = also;
  for (const hw::Device& known : database.devices()) {
    if (!known.is_family) names.push_back(known.name);
  }
  std::string near;
  for (const std::string& known : near_names(name, names)) near += (near.empty() ? "'" : " or '") + known + "'";
  throw DeviceError("There is no device '" + name + "'" + (is_database_name(name) ? "" : " here, nor") +
                    " in the hardware database." + file_problems(name) +
                    (near.empty() ? "" : " Did you mean " + near + "?") +
                    " 'flashrnn devices --all' lists the database's.");
}

void warn_of_database_problems(const std::string& command) {
  for (const hw::Problem& problem : hw::Database::shared().problems()) complain(command, problem.to_string());
}

Json database_problems_json() {
  Json list = Json::array();
  for (const hw::Problem& problem : hw::Database::shared().problems()) {
    list.push_back(
        {{"file", problem.file}, {"line", problem.line}, {"field", problem.field}, {"message", problem.message}});
  }
  return list;
}

ThisCpu this_cpu() {
  ThisCpu cpu;
  const auto log = [&](std::string_view sentence) { cpu.log.emplace_back(sentence); };
  cpu.device = hw::Database::shared().match(hw::probe_this_cpu(), log);
  cpu.entry = entry_of(cpu.device);
  return cpu;
}

}  // namespace flashrnn::tool
