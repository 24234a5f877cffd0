// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/problem.hpp"

#include <cmath>
#include <limits>

namespace flashrnn::fuzz {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// One field out of range.
void spoil(Bytes* in, flashrnn_problem* p) {
  const auto bad_size = [&] { return in->pick<std::int64_t>({0, -1, std::numeric_limits<std::int64_t>::min(), kMax}); };
  const auto bad_flag = [&] { return in->pick<std::int32_t>({2, -1, 256, std::numeric_limits<std::int32_t>::max()}); };
  const auto bad_enum = [&] { return in->pick<std::int32_t>({4, -1, 1000, std::numeric_limits<std::int32_t>::min()}); };
  const auto bad_clip = [&] { return in->pick<double>({-1.0, std::nan(""), HUGE_VAL, 1e-60, -0.5e-300}); };
  switch (in->below(22)) {
    case 0:
      p->cell = in->pick<const char*>({nullptr, "", "LSTM", "lstm2", "\xff\x01", "a,b"});
      break;
    case 1:
      set_raw(&p->dtype, bad_enum());
      break;
    case 2:
      set_raw(&p->state_dtype, bad_enum());
      break;
    case 3:
      p->batch = bad_size();
      break;
    case 4:
      p->time = -in->below(3);  // the largest can be legal: PACKED with few tokens
      break;
    case 5:
      p->heads = bad_size();
      break;
    case 6:
      p->head_dim = bad_size();
      break;
    case 7:
      p->tokens = in->pick<std::int64_t>({-1, kMax, std::numeric_limits<std::int64_t>::min()});
      break;
    case 8:
      set_raw(&p->layout, bad_enum());
      break;
    case 9:
      p->use_lengths = bad_flag();
      break;
    case 10:
      p->use_resets = bad_flag();
      break;
    case 11:
      p->reverse = bad_flag();
      break;
    case 12:
      p->training = bad_flag();
      break;
    case 13:
      set_raw(&p->reserve_mode, bad_enum());
      break;
    case 14:
      set_raw(&p->output_sequence, bad_enum());
      break;
    case 15:
      set_raw(&p->gradient_sequence, bad_enum());
      break;
    case 16:
      p->forward_clip = bad_clip();
      break;
    case 17:
      p->gradient_clip = bad_clip();
      break;
    case 18:
      p->gradient_cut = bad_flag();
      break;
    case 19:
      set_raw(&p->math, bad_enum());
      break;
    case 20:
      set_raw(&p->matmul, bad_enum());
      break;
    default:
      p->struct_size = in->pick<std::size_t>({0, 8, sizeof *p - 1, 4097, SIZE_MAX});
      break;
  }
}

}  // namespace

Drawn draw_problem(Bytes* in) {
  Drawn drawn;
  flashrnn_problem& p = drawn.problem;
  p.cell = in->pick<const char*>({"lstm", "gru", "gru_reset_before", "elman", "elman_relu", "slstm"});
  p.dtype = in->pick({FLASHRNN_DTYPE_DEFAULT, FLASHRNN_F32, FLASHRNN_F16, FLASHRNN_BF16});
  p.state_dtype = in->pick({FLASHRNN_DTYPE_DEFAULT, FLASHRNN_F32, FLASHRNN_F16, FLASHRNN_BF16});
  p.batch = in->within(1, 5);
  p.time = in->rarely(8) ? in->within(1, 40) : in->within(1, 5);
  p.heads = in->within(1, 3);
  p.head_dim = in->rarely(8) ? in->within(1, 70) : in->within(1, 19);
  const std::uint8_t flags = in->byte();
  if ((flags & 1) != 0) {
    p.layout = FLASHRNN_PACKED;
    p.tokens = in->below(p.batch * p.time + 1);
  } else {
    p.use_lengths = (flags & 2) != 0 ? 1 : 0;
  }
  p.use_resets = (flags & 4) != 0 ? 1 : 0;
  p.reverse = (flags & 8) != 0 ? 1 : 0;
  p.training = (flags & 16) != 0 ? 1 : 0;
  p.reserve_mode = (flags & 32) != 0 ? FLASHRNN_RESERVE_RECOMPUTE : FLASHRNN_RESERVE_GATES;
  p.gradient_cut = (flags & 64) != 0 ? 1 : 0;
  p.matmul = (flags & 128) != 0 ? FLASHRNN_MATMUL_TF32 : FLASHRNN_MATMUL_STRICT;
  p.output_sequence = in->pick({FLASHRNN_SEQUENCE_H, FLASHRNN_SEQUENCE_ALL, FLASHRNN_SEQUENCE_NONE});
  p.gradient_sequence = in->pick({FLASHRNN_SEQUENCE_H, FLASHRNN_SEQUENCE_ALL, FLASHRNN_SEQUENCE_NONE});
  p.forward_clip = in->pick({0.0, 0.5, 1e-3, 3e38});
  p.gradient_clip = in->pick({0.0, 0.5, 1e-44, 10.0});
  p.math = in->pick({FLASHRNN_MATH_DEFAULT, FLASHRNN_MATH_EXACT, FLASHRNN_MATH_FAST, FLASHRNN_MATH_LINEAR});
  if (in->rarely(10)) {
    drawn.verdict = Verdict::kUnsound;
    spoil(in, &p);
  } else if (in->rarely(32)) {
    std::int64_t* const sizes[] = {&p.batch, &p.time, &p.heads, &p.head_dim};
    *sizes[in->below(4)] = (in->raw<std::int64_t>() & kMax) >> in->below(62);
    *sizes[in->below(4)] = in->raw<std::uint32_t>();
    drawn.verdict = Verdict::kHuge;
  }
  return drawn;
}

}  // namespace flashrnn::fuzz
