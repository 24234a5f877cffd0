// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "verify/random.hpp"
#include "verify/table.hpp"

namespace flashrnn::verify {
namespace {

// Multiply-adds of one recurrent product over the whole case: keeps a case at some milliseconds.
constexpr std::int64_t kMostWork = 600'000;

void pick_shape(Random& random, Case& test) {
  const std::vector<std::int64_t> dims = {1,  2,  3,  4,  5,  6,  7,  8,  9,  11, 13, 15, 16, 17, 19,  23,  24,
                                          29, 31, 32, 33, 37, 41, 48, 53, 63, 64, 65, 67, 96, 97, 127, 128, 131};
  const std::vector<std::int64_t> sizes = {1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 19, 31, 32, 33, 37};
  test.head_dim = random.pick(dims);
  test.batch = random.pick(sizes);
  test.time = random.pick(sizes);
  test.heads = random.integer(1, 5);
  const auto work = [&] { return test.batch * test.time * test.heads * test.head_dim * test.head_dim; };
  while (work() > kMostWork) {
    std::int64_t& largest = test.heads > 2 ? test.heads : (test.batch > test.time ? test.batch : test.time);
    largest = std::max<std::int64_t>(1, largest / 2);
  }
}

void pick_options(Random& random, Case& test) {
  const int rows = static_cast<int>(random.integer(0, 3));
  test.lengths = rows == 1;
  test.packed = rows == 2;
  test.resets = random.chance(0.35);
  test.reset_states = random.chance(0.7);
  test.reverse = random.chance(0.3);
  test.training = random.chance(0.85);
  if (random.chance(0.4)) test.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  const std::vector<flashrnn_sequence> sequences = {FLASHRNN_SEQUENCE_H, FLASHRNN_SEQUENCE_ALL, FLASHRNN_SEQUENCE_ALL,
                                                    FLASHRNN_SEQUENCE_NONE};
  test.output_sequence = random.pick(sequences);
  test.gradient_sequence = random.pick(sequences);
  if (random.chance(0.2)) test.forward_clip = random.real(0.1, 0.8);
  if (random.chance(0.2)) test.gradient_clip = random.real(0.1, 0.8);
  test.gradient_cut = random.chance(0.15);
  test.math = random.pick<flashrnn_math>(
      {FLASHRNN_MATH_DEFAULT, FLASHRNN_MATH_DEFAULT, FLASHRNN_MATH_EXACT, FLASHRNN_MATH_FAST, FLASHRNN_MATH_LINEAR});
  if (random.chance(0.2)) test.matmul = FLASHRNN_MATMUL_TF32;
}

void pick_call(Random& random, Case& test) {
  test.bias = random.chance(0.8);
  test.initial = random.chance(0.7);
  test.dfinal = random.chance(0.7);
  test.pack_weights = random.chance(0.5);
  test.accumulate = random.chance(0.3);
  test.alias_final = random.chance(0.2);
  test.repeat = random.chance(0.1);
  test.nan_input = random.chance(0.05);
  test.placement = random.pick<Placement>({Placement::kDense, Placement::kPadded, Placement::kTimeMajor});
  if (random.chance(0.3)) test.misalign = random.integer(1, 7);
  for (const Omit output : {kOmitDWx, kOmitDR, kOmitDb, kOmitDInitial, kOmitDReset}) {
    if (random.chance(0.15)) test.omit |= output;
  }
  if (test.output_sequence != FLASHRNN_SEQUENCE_NONE && random.chance(0.2)) test.omit |= kOmitFinal;
  if (random.chance(0.1)) {
    test.by_steps = true;
    test.training = test.lengths = test.packed = test.alias_final = test.repeat = false;
    test.omit &= ~static_cast<unsigned>(kOmitFinal);
  }
  if (test.omit & kOmitFinal) test.alias_final = false;
  // States in a coarser dtype would be rounded at every step, for which the case's precision has no yardstick.
  const auto roundoff = [](flashrnn_dtype dtype) { return reference::unit_roundoff(precision_of(dtype)); };
  if (test.by_steps && roundoff(state_dtype_of(test)) > roundoff(test.dtype)) {
    test.state_dtype = FLASHRNN_DTYPE_DEFAULT;
  }
}

// The Elman cells stay within small integers under any option, so these cases are held to the bit.
void pick_numbers(Random& random, Case& test) {
  using reference::Cell;
  const bool elman = test.cell == Cell::kElman || test.cell == Cell::kElmanRelu;
  if (elman && random.chance(0.3)) {
    test.numbers = Numbers::kIntegers;
    test.math = FLASHRNN_MATH_LINEAR;
    test.forward_clip = test.gradient_clip = 8.0;
    test.nan_input = false;
  }
  // Products of gates without bounds run away within some steps.
  if (!elman && test.math == FLASHRNN_MATH_LINEAR) test.forward_clip = 1.0;
  if (test.nan_input) {
    // Where NaN meets the gradient of a clamp or of relu, a rounding decides whether it goes on.
    test.forward_clip = 0.0;
    if (test.math == FLASHRNN_MATH_LINEAR) test.math = FLASHRNN_MATH_EXACT;
    test.nan_input = test.cell != Cell::kElmanRelu || test.dtype == FLASHRNN_F32 || !test.training;
  }
}

std::string describe(const Case& test) {
  std::string text =
      std::string(reference::info(test.cell).name) + "/" + dtype_name(test.dtype) + "/" + shape_text(test);
  const auto flag = [&](bool set, const char* name) {
    if (set) text += std::string("+") + name;
  };
  flag(test.lengths, "lengths");
  flag(test.packed, "packed");
  flag(test.resets, test.reset_states ? "resets" : "resets_to_zero");
  flag(test.reverse, "reverse");
  flag(!test.training && !test.by_steps, "inference");
  flag(test.by_steps, "steps");
  flag(test.training && test.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE, "recompute");
  flag(test.output_sequence == FLASHRNN_SEQUENCE_H, "h");
  flag(test.output_sequence == FLASHRNN_SEQUENCE_NONE, "no_sequence");
  flag(test.training && test.gradient_sequence == FLASHRNN_SEQUENCE_H, "dh");
  flag(test.training && test.gradient_sequence == FLASHRNN_SEQUENCE_NONE, "no_dstates");
  flag(test.forward_clip > 0.0, "forward_clip");
  flag(test.gradient_clip > 0.0, "gradient_clip");
  flag(test.gradient_cut, "cut");
  flag(test.math == FLASHRNN_MATH_FAST, "fast");
  flag(test.math == FLASHRNN_MATH_LINEAR, "linear");
  flag(test.matmul == FLASHRNN_MATMUL_TF32, "tf32");
  if (test.state_dtype != FLASHRNN_DTYPE_DEFAULT) text += std::string("+state_") + dtype_name(test.state_dtype);
  flag(!test.bias, "no_bias");
  flag(!test.initial, "no_initial");
  flag(test.training && !test.dfinal, "no_dfinal");
  flag(test.pack_weights, "packed_weights");
  flag(test.accumulate, "accumulate");
  flag(test.alias_final, "alias_final");
  flag(test.repeat, "repeat");
  flag(test.nan_input, "nan");
  flag(test.numbers == Numbers::kIntegers, "integers");
  flag(test.placement == Placement::kPadded, "padded_strides");
  flag(test.placement == Placement::kTimeMajor, "time_major");
  if (test.misalign > 0) text += "+misalign" + std::to_string(test.misalign);
  if (test.omit != 0) text += "+omit" + std::to_string(test.omit);
  return text;
}

}  // namespace

Case sweep_case(std::uint64_t seed, std::uint64_t index) {
  // Neighbouring indices must not give related streams.
  Random random((seed * 0x9E3779B97F4A7C15U) ^ ((index + 1) * 0xD1B54A32D192ED03U));
  Case test;
  test.cell = reference::kCells[static_cast<std::size_t>(random.integer(0, reference::kCells.size() - 1))];
  test.dtype = random.pick<flashrnn_dtype>({FLASHRNN_F32, FLASHRNN_BF16, FLASHRNN_F16});
  test.state_dtype = random.pick<flashrnn_dtype>({FLASHRNN_DTYPE_DEFAULT, FLASHRNN_DTYPE_DEFAULT,
                                                  FLASHRNN_DTYPE_DEFAULT, FLASHRNN_F32, FLASHRNN_F16, FLASHRNN_BF16});
  pick_shape(random, test);
  pick_options(random, test);
  pick_call(random, test);
  pick_numbers(random, test);
  test.seed = random.bits();
  test.name = std::string("sweep/") + std::to_string(seed) + "/" + std::to_string(index) + "/" + describe(test);
  return test;
}

}  // namespace flashrnn::verify
