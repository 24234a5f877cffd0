// SPDX-License-Identifier: Apache-2.0
#include "verify/table.hpp"

#include <string>

namespace flashrnn::verify {
namespace {

using reference::Cell;

struct Option {
  const char* name;
  void (*apply)(Case&);
};

constexpr Option kOptions[] = {
    {"lengths", [](Case& c) { c.lengths = true; }},
    {"packed", [](Case& c) { c.packed = true; }},
    {"resets", [](Case& c) { c.resets = true; }},
    {"resets_to_zero", [](Case& c) { c.resets = true, c.reset_states = false; }},
    {"reverse", [](Case& c) { c.reverse = true; }},
    {"recompute", [](Case& c) { c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE; }},
    {"forward_clip", [](Case& c) { c.forward_clip = 0.3; }},
    {"gradient_clip", [](Case& c) { c.gradient_clip = 0.4; }},
    {"gradient_cut", [](Case& c) { c.gradient_cut = true; }},
    {"no_bias", [](Case& c) { c.bias = false; }},
    {"no_initial", [](Case& c) { c.initial = false; }},
    {"no_dfinal", [](Case& c) { c.dfinal = false; }},
    {"h_sequence", [](Case& c) { c.output_sequence = c.gradient_sequence = FLASHRNN_SEQUENCE_H; }},
    {"no_sequence", [](Case& c) { c.output_sequence = c.gradient_sequence = FLASHRNN_SEQUENCE_NONE; }},
    {"inference", [](Case& c) { c.training = false; }},
    {"last_state", [](Case& c) { c.training = false, c.output_sequence = FLASHRNN_SEQUENCE_NONE; }},
    {"packed_weights", [](Case& c) { c.pack_weights = true; }},
    {"accumulate", [](Case& c) { c.accumulate = true; }},
    {"alias_final", [](Case& c) { c.alias_final = true; }},
    {"padded_strides", [](Case& c) { c.placement = Placement::kPadded; }},
    {"time_major", [](Case& c) { c.placement = Placement::kTimeMajor; }},
    {"misaligned", [](Case& c) { c.misalign = 1; }},
    {"fast", [](Case& c) { c.math = FLASHRNN_MATH_FAST; }},
    {"linear", [](Case& c) { c.math = FLASHRNN_MATH_LINEAR; }},
    {"tf32", [](Case& c) { c.matmul = FLASHRNN_MATMUL_TF32; }},
    {"state_fp32", [](Case& c) { c.state_dtype = FLASHRNN_F32; }},
    {"state_bf16", [](Case& c) { c.state_dtype = FLASHRNN_BF16; }},
    {"state_fp16", [](Case& c) { c.state_dtype = FLASHRNN_F16; }},
    {"steps", [](Case& c) { c.by_steps = true, c.training = false; }},
    {"nan", [](Case& c) { c.nan_input = true; }},
    {"only_dwx", [](Case& c) { c.omit = kOmitFinal | kOmitDR | kOmitDb | kOmitDInitial; }},
    {"only_weights", [](Case& c) { c.omit = kOmitFinal | kOmitDWx | kOmitDInitial; }},
    // combinations
    {"lengths_reverse", [](Case& c) { c.lengths = c.reverse = true; }},
    {"lengths_resets_reverse", [](Case& c) { c.lengths = c.resets = c.reverse = true; }},
    {"lengths_time_major_recompute",
     [](Case& c) {
       c.lengths = true, c.placement = Placement::kTimeMajor, c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
     }},
    {"packed_resets_reverse", [](Case& c) { c.packed = c.resets = c.reverse = true; }},
    {"packed_resets_padded_recompute",
     [](Case& c) {
       c.packed = c.resets = true, c.placement = Placement::kPadded, c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
     }},
    {"resets_clips_cut",
     [](Case& c) { c.resets = c.gradient_cut = true, c.forward_clip = 0.4, c.gradient_clip = 0.3; }},
    {"clips_recompute",
     [](Case& c) { c.forward_clip = 0.4, c.gradient_clip = 0.3, c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE; }},
    {"steps_resets_reverse_packed_weights",
     [](Case& c) {
       c.by_steps = c.resets = c.reverse = c.pack_weights = true, c.training = false;
       c.placement = Placement::kTimeMajor;
     }},
    {"nan_lengths_resets", [](Case& c) { c.nan_input = c.lengths = c.resets = true; }},
    {"nan_gradient_clip_recompute",
     [](Case& c) { c.nan_input = true, c.gradient_clip = 0.3, c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE; }},
    {"nan_forward_clip", [](Case& c) { c.nan_input = true, c.training = false, c.forward_clip = 0.4; }},
    {"everything",
     [](Case& c) {
       c.lengths = c.resets = c.reverse = c.gradient_cut = c.pack_weights = c.accumulate = c.alias_final = true;
       c.forward_clip = 0.5, c.gradient_clip = 0.5, c.misalign = 3, c.placement = Placement::kPadded;
       c.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
     }},
};

// FNV-1a, so that a case's numbers depend on its name alone.
std::uint64_t hash(const std::string& text) {
  std::uint64_t value = 14695981039346656037U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return value;
}

class Table {
 public:
  std::vector<Case> build() {
    for (const Cell cell : reference::kCells) {
      for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_BF16, FLASHRNN_F16}) {
        add_shapes(cell, dtype);
        add_exact(cell, dtype);
        for (const Option& option : kOptions) {
          Case test = make(cell, dtype, 5, 7, 3, 19);
          option.apply(test);
          if (test.nan_input && test.training && test.cell == Cell::kElmanRelu && test.dtype != FLASHRNN_F32) {
            continue;  // where NaN meets relu's gradient, a rounding decides whether it goes on
          }
          add(test, option.name);
        }
      }
    }
    return std::move(cases_);
  }

 private:
  static Case make(Cell cell, flashrnn_dtype dtype, std::int64_t B, std::int64_t T, std::int64_t N, std::int64_t D) {
    Case test;
    test.cell = cell;
    test.dtype = dtype;
    test.batch = B;
    test.time = T;
    test.heads = N;
    test.head_dim = D;
    return test;
  }

  void add_shapes(Cell cell, flashrnn_dtype dtype) {
    add_shape(make(cell, dtype, 1, 1, 1, 1));
    for (const std::int64_t D : {2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127}) {
      add_shape(make(cell, dtype, 3, 4, 1 + D % 2, D));
    }
    for (const std::int64_t B : {1, 2, 4, 7, 8, 9, 15, 16, 17, 33}) add_shape(make(cell, dtype, B, 3, 2, 13));
    for (const std::int64_t T : {1, 2, 17, 65}) add_shape(make(cell, dtype, 2, T, 1, 11));
    for (const std::int64_t N : {1, 4, 5}) add_shape(make(cell, dtype, 4, 5, N, 6));
    add_shape(make(cell, dtype, 1, 9, 1, 257));
    add_shape(make(cell, dtype, 17, 2, 1, 129));
  }

  // Sizes are such that no integer on the way passes 2^24, nor, where states and gradients are rounded to a 16-bit
  // dtype, the integers that it holds.
  void add_exact(Cell cell, flashrnn_dtype dtype) {
    if (cell == Cell::kSlstm) return;  // divides
    const bool elman = cell == Cell::kElman || cell == Cell::kElmanRelu;
    Case test = elman ? make(cell, dtype, 5, 40, 2, 17) : make(cell, dtype, 3, cell == Cell::kLstm ? 3 : 9, 2, 3);
    test.numbers = Numbers::kIntegers;
    test.math = FLASHRNN_MATH_LINEAR;
    test.forward_clip = test.gradient_clip = elman ? 8.0 : 2.0;
    if (!elman && dtype != FLASHRNN_F32) {
      if (cell == Cell::kGruResetBefore) return;  // r h would be rounded
      test.training = false;
    }
    add(test, "integers");
    test.lengths = test.resets = test.reverse = true;
    add(test, "integers_lengths_resets_reverse");
    test.lengths = false;
    test.packed = test.pack_weights = test.accumulate = true;
    test.placement = Placement::kPadded;
    test.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
    add(test, "integers_packed_resets_reverse_recompute");
    if (!elman) return;

    Case chain = make(cell, dtype, 1, 3000, 1, 5);
    chain.numbers = Numbers::kIntegers;
    chain.math = FLASHRNN_MATH_LINEAR;
    chain.forward_clip = chain.gradient_clip = 8.0;
    add(chain, "integers_long_chain");

    Case ties = make(cell, dtype, 4, 1, 1, 100);
    ties.numbers = Numbers::kTies;
    ties.math = FLASHRNN_MATH_LINEAR;
    ties.initial = false;
    ties.omit = kOmitDR | kOmitDb | kOmitDInitial;
    add(ties, "ties");
  }

  void add_shape(Case test) {
    test.repeat = true;
    add(test, shape_text(test));
  }

  void add(Case& test, const std::string& what) {
    test.name = std::string(reference::info(test.cell).name) + "/" + dtype_name(test.dtype) + "/" + what;
    test.seed = hash(test.name);
    cases_.push_back(test);
  }

  std::vector<Case> cases_;
};

}  // namespace

std::vector<Case> conformance_table() { return Table().build(); }

}  // namespace flashrnn::verify
