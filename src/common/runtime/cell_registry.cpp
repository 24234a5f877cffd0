// SPDX-License-Identifier: Apache-2.0
#include "common/runtime/cell_registry.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <new>
#include <vector>

#include "common/runtime/builtin_cells.hpp"
#include "common/runtime/last_error.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn {
namespace {

/// flashrnn.h's order of the built-in cells. Indices of flashrnn_get_cell are kept from release to release: append.
constexpr std::array<std::string_view, 6> kBuiltinOrder = {"lstm",  "gru",        "gru_reset_before",
                                                           "elman", "elman_relu", "slstm"};

bool name_is_legal(const char* name) {
  if (name == nullptr || *name == '\0') return false;
  for (std::size_t i = 0; name[i] != '\0'; ++i) {
    const char c = name[i];
    const bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!legal || i == kMaxCellName) return false;
  }
  return true;
}

Status check_count(const CellRegistration& cell, const char* field, std::int32_t value) {
  if (value >= 1 && value <= kMaxCellCount) return {};
  return Status::invalid(
      message("cell '", cell.name, "': ", field, " is ", value, "; it must be in [1, ", kMaxCellCount, "]"));
}

Status check_registration(const CellRegistration& cell) {
  if (!name_is_legal(cell.name)) {
    return Status::invalid(message("the cell name ", quoted(cell.name), " is not 1 to ", kMaxCellName,
                                   " letters, digits or '_'; give the cell such a name"));
  }
  FLASHRNN_RETURN_IF_ERROR(check_count(cell, "input_gates", cell.input_gates));
  FLASHRNN_RETURN_IF_ERROR(check_count(cell, "recurrent_gates", cell.recurrent_gates));
  FLASHRNN_RETURN_IF_ERROR(check_count(cell, "biases", cell.biases));
  return check_count(cell, "states", cell.states);
}

class Registry {
 public:
  Registry() {
    const std::vector<const CellRegistration*>& built_in = builtin_cells();
    for (const std::string_view name : kBuiltinOrder) {
      const auto it = std::find_if(built_in.begin(), built_in.end(), [&](auto* c) { return name == c->name; });
      if (it != built_in.end()) cells_.push_back(*it);
    }
    for (const CellRegistration* cell : built_in) {
      if (find_unlocked(cell->name) == nullptr) cells_.push_back(cell);
    }
  }

  Status add(const CellRegistration* cell) {
    const std::scoped_lock lock(mutex_);
    if (const CellRegistration* found = find_unlocked(cell->name); found != nullptr) {
      if (found == cell) return {};
      return Status::invalid(message("the cell name '", cell->name,
                                     "' is taken by another cell of this process; give the cell a name of its own"));
    }
    cells_.push_back(cell);
    return {};
  }

  const CellRegistration* find(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    return find_unlocked(name);
  }

  std::vector<const CellRegistration*> all() {
    const std::scoped_lock lock(mutex_);
    return cells_;
  }

  std::int32_t count() {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::int32_t>(cells_.size());
  }

  const CellRegistration* at(std::int32_t index) {
    const std::scoped_lock lock(mutex_);
    if (index < 0 || static_cast<std::size_t>(index) >= cells_.size()) return nullptr;
    return cells_[static_cast<std::size_t>(index)];
  }

 private:
  const CellRegistration* find_unlocked(std::string_view name) {
    const auto it = std::find_if(cells_.begin(), cells_.end(), [&](auto* c) { return name == c->name; });
    return it == cells_.end() ? nullptr : *it;
  }

  std::mutex mutex_;
  std::vector<const CellRegistration*> cells_;
};

/// Made at first use, by whichever static initialiser comes first; never destroyed, so that static destructors may
/// still ask.
Registry& registry() {
  static Registry* const instance = new Registry;
  return *instance;
}

}  // namespace

Status register_cell(const CellRegistration* cell) {
  if (cell == nullptr) return Status::invalid("the cell registration is null");
  FLASHRNN_RETURN_IF_ERROR(check_registration(*cell));
  return registry().add(cell);
}

const CellRegistration* find_cell(std::string_view name) { return registry().find(name); }
std::int32_t cell_count() { return registry().count(); }
const CellRegistration* cell_at(std::int32_t index) { return registry().at(index); }

std::string cell_names() {
  std::string names;
  for (const CellRegistration* cell : registry().all()) {
    if (!names.empty()) names += ", ";
    names += cell->name;
  }
  return names;
}

}  // namespace flashrnn

extern "C" flashrnn_status flashrnn_internal_register_cell(const void* registration, std::size_t registration_size,
                                                           int version) {
  using flashrnn::message;
  using flashrnn::Status;
  try {
    Status status;
    if (version != flashrnn::kCellRegistrationVersion || registration_size != sizeof(flashrnn::CellRegistration)) {
      status = Status::unsupported(
          message("a cell was built for registration version ", version, " of ", registration_size,
                  " bytes, but this library has version ", flashrnn::kCellRegistrationVersion, " of ",
                  sizeof(flashrnn::CellRegistration), " bytes; rebuild its target with this library's headers"));
    } else {
      status = flashrnn::register_cell(static_cast<const flashrnn::CellRegistration*>(registration));
    }
    if (!status.ok()) flashrnn::set_last_error(status.message());
    return status.code();
  } catch (const std::bad_alloc&) {
    flashrnn::set_last_error("there is no memory to register the cell");
    return FLASHRNN_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    flashrnn::set_last_error(error.what());
    return FLASHRNN_INTERNAL_ERROR;
  }
}
