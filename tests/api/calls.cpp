// SPDX-License-Identifier: Apache-2.0
#include "tests/api/calls.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace flashrnn::testing {
namespace {

constexpr std::size_t kFloat = sizeof(float);
constexpr std::size_t kGates = 4, kStates = 2;  // lstm
constexpr auto kRow = static_cast<std::size_t>(kUnits);
constexpr auto kTokens = static_cast<std::size_t>(kB * kT);
constexpr auto kRows = static_cast<std::size_t>(kB);
constexpr auto kWeights = static_cast<std::size_t>(kN * kD * kD);

std::int64_t* make_lengths(Memory* memory) {
  auto* lengths = memory->add<std::int64_t>(kRows * sizeof(std::int64_t));
  lengths[0] = 2;
  lengths[1] = kT;
  lengths[2] = 0;
  return lengths;
}

std::int64_t* make_cu_seqlens(Memory* memory) {
  auto* cu = memory->add<std::int64_t>((kRows + 1) * sizeof(std::int64_t));
  cu[0] = 0;
  cu[1] = 2;
  cu[2] = 2;
  cu[3] = 6;
  return cu;
}

std::uint8_t* make_resets(Memory* memory) {
  auto* resets = memory->add<std::uint8_t>(kTokens);
  std::memset(resets, 0, kTokens);
  resets[1] = 1;
  return resets;
}

/// The fields that forward and backward share.
template <typename Args>
void fill_common(const flashrnn_problem& problem, Memory* memory, Args* args) {
  args->Wx.data = memory->add(kTokens * kGates * kRow * kFloat);
  args->R = memory->add(kGates * kWeights * kFloat);
  args->b = memory->add(kGates * kRow * kFloat);
  args->packed_weights = memory->add(kPackedWeights);
  args->packed_weights_size = kPackedWeights;
  if (problem.use_lengths != 0) args->lengths = make_lengths(memory);
  if (problem.layout == FLASHRNN_PACKED) args->cu_seqlens = make_cu_seqlens(memory);
  if (problem.use_resets != 0) args->resets = make_resets(memory);
}

void fill(const flashrnn_problem&, Memory* memory, flashrnn_pack_args* args) {
  args->R = memory->add(kGates * kWeights * kFloat);
  args->b = memory->add(kGates * kRow * kFloat);
  args->packed = memory->add(kPackedWeights);
  args->packed_size = kPackedWeights;
}

void fill(const flashrnn_problem& problem, Memory* memory, flashrnn_forward_args* args) {
  fill_common(problem, memory, args);
  args->initial_states.data = memory->add(kStates * kRows * kRow * kFloat);
  if (problem.use_resets != 0) args->reset_states.data = memory->add(kStates * kRows * kRow * kFloat);
  if (problem.output_sequence != FLASHRNN_SEQUENCE_NONE) {
    args->states.data = memory->add(kStates * kTokens * kRow * kFloat);
  }
  args->final_states.data = memory->add(kStates * kRows * kRow * kFloat);
  if (problem.training != 0) {
    args->reserve = memory->add(kReserve);
    args->reserve_size = kReserve;
  }
  args->workspace = memory->add(kForwardWorkspace);
  args->workspace_size = kForwardWorkspace;
}

void fill(const flashrnn_problem& problem, Memory* memory, flashrnn_backward_args* args) {
  fill_common(problem, memory, args);
  if (problem.gradient_sequence != FLASHRNN_SEQUENCE_NONE) {
    args->dstates.data = memory->add(kStates * kTokens * kRow * kFloat);
  }
  args->dfinal_states.data = memory->add(kStates * kRows * kRow * kFloat);
  args->dWx.data = memory->add(kTokens * kGates * kRow * kFloat);
  args->dR = memory->add<float>(kGates * kWeights * kFloat);
  args->db = memory->add<float>(kGates * kRow * kFloat);
  args->dinitial_states.data = memory->add(kStates * kRows * kRow * kFloat);
  if (problem.use_resets != 0) args->dreset_states.data = memory->add(kStates * kRows * kRow * kFloat);
  args->reserve = memory->add(kReserve);
  args->reserve_size = kReserve;
  args->workspace = memory->add(kBackwardWorkspace);
  args->workspace_size = kBackwardWorkspace;
}

void fill(const flashrnn_problem&, Memory* memory, flashrnn_step_args* args) {
  args->Wx.data = memory->add(kRows * kGates * kRow * kFloat);
  args->R = memory->add(kGates * kWeights * kFloat);
  args->b = memory->add(kGates * kRow * kFloat);
  args->packed_weights = memory->add(kPackedWeights);
  args->packed_weights_size = kPackedWeights;
  args->resets = make_resets(memory);
  args->reset_states.data = memory->add(kStates * kRows * kRow * kFloat);
  args->states.data = memory->add(kStates * kRows * kRow * kFloat);
  args->output.data = memory->add(kRows * kRow * kFloat);
  args->workspace = memory->add(kStepWorkspace);
  args->workspace_size = kStepWorkspace;
}

void init(flashrnn_pack_args* args) { *args = pack_args(); }
void init(flashrnn_forward_args* args) { *args = forward_args(); }
void init(flashrnn_backward_args* args) { *args = backward_args(); }
void init(flashrnn_step_args* args) { *args = step_args(); }

flashrnn_status run_call(const Plan& plan, const flashrnn_pack_args& a) {
  return flashrnn_pack_weights(plan.get(), &a);
}
flashrnn_status run_call(const Plan& plan, const flashrnn_forward_args& a) { return flashrnn_forward(plan.get(), &a); }
flashrnn_status run_call(const Plan& plan, const flashrnn_backward_args& a) {
  return flashrnn_backward(plan.get(), &a);
}
flashrnn_status run_call(const Plan& plan, const flashrnn_step_args& a) { return flashrnn_step(plan.get(), &a); }

}  // namespace

Memory::Area::Area(std::size_t bytes)
    : size_(bytes + 2 * kGuard), bytes_(static_cast<std::byte*>(::operator new (size_, std::align_val_t{64}))) {
  std::memset(bytes_.get(), 0x5a, size_);
}

void Memory::Area::Free::operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{64}); }

bool Memory::Area::unchanged() const { return std::equal(before_.begin(), before_.end(), bytes_.get()); }

flashrnn_problem valid_problem() {
  flashrnn_problem problem = make_problem("lstm", kB, kT, kN, kD);
  problem.training = 1;
  problem.output_sequence = FLASHRNN_SEQUENCE_ALL;
  problem.gradient_sequence = FLASHRNN_SEQUENCE_ALL;
  return problem;
}

template <typename Args>
Call<Args>::Call(const std::function<void(flashrnn_problem&)>& change, const char* device) {
  if (change) change(problem);
  plan = std::make_unique<Plan>(Context(device), problem);
  init(&args);
  fill(problem, &memory, &args);
}

template <typename Args>
flashrnn_status Call<Args>::run() const {
  return run_call(*plan, args);
}

template struct Call<flashrnn_pack_args>;
template struct Call<flashrnn_forward_args>;
template struct Call<flashrnn_backward_args>;
template struct Call<flashrnn_step_args>;

void expect_message(const std::vector<std::string>& parts) {
  const std::string text = flashrnn_last_error();
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
}

}  // namespace flashrnn::testing
