// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "common/plan/gpu_candidates.hpp"
#include "common/plan/planner.hpp"

namespace flashrnn::plan {
namespace {

/// FNV-1a, of numbers by their bytes from the lowest on: the same on every machine.
class Hash {
 public:
  void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) add_byte(static_cast<unsigned char>(number >> (8 * byte)));
  }
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace

std::string_view to_string(Form form) {
  constexpr std::array<std::string_view, 4> kNames = {"block", "cluster", "grid", "stepwise"};
  return kNames[static_cast<std::size_t>(form)];
}

std::string GpuPlan::to_string() const {
  std::string text(plan::to_string(pass));
  text += " " + std::string(plan::to_string(form)) + " " + instruction;
  for (const Choice& choice : choices_of(*this)) text += " " + choice.name + "=" + std::to_string(choice.value);
  text += " threads=" + std::to_string(threads) + " registers=" + std::to_string(registers);
  text += " shared_bytes=" + std::to_string(shared_bytes) + " blocks=" + std::to_string(blocks);
  return text + " groups=" + std::to_string(groups) + " rounds=" + std::to_string(rounds);
}

std::uint64_t GpuPlan::hash() const {
  Hash hash;
  hash.add(plan::to_string(pass));
  hash.add(plan::to_string(form));
  hash.add(instruction);
  for (const std::int64_t x :
       {matrix.gate_rows, matrix.rows, matrix.k, matrix.r_registers, matrix.h_registers, matrix.sum_registers,
        matrix.lanes, blocks, cluster, threads, shared_bytes, registers, groups, rounds}) {
    hash.add(static_cast<std::uint64_t>(x));
  }
  for (const Choice& choice : choices_of(*this)) hash.add(static_cast<std::uint64_t>(choice.value));
  return hash.value();
}

}  // namespace flashrnn::plan
