// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/reference/reference.hpp"
#include "flashrnn/flashrnn.h"

namespace flashrnn::verify {

/// Where the elements of the strided tensors lie.
enum class Placement {
  kDense,     ///< strides left 0
  kPadded,    ///< explicit strides with gaps
  kTimeMajor  ///< the batch stride is smaller than the time stride, with gaps
};

/// What the inputs are.
enum class Numbers {
  kReal,      ///< anything; results are held against an error bound
  kIntegers,  ///< small integers, with linear math and clips: every sum is exact, whatever its order
  kTies       ///< one step without R whose outputs lie between numbers of the dtype, half of them in the middle
};

/// Outputs that a case does not ask for.
enum Omit : unsigned { kOmitFinal = 1, kOmitDWx = 2, kOmitDR = 4, kOmitDb = 8, kOmitDInitial = 16, kOmitDReset = 32 };

/// One conformance case: a problem, how it is called, and the seed of its numbers. Letters as in flashrnn.h.
struct Case {
  std::string name;
  std::uint64_t seed = 1;
  reference::Cell cell = reference::Cell::kLstm;
  flashrnn_dtype dtype = FLASHRNN_F32;
  flashrnn_dtype state_dtype = FLASHRNN_DTYPE_DEFAULT;
  std::int64_t batch = 1;
  std::int64_t time = 1;
  std::int64_t heads = 1;
  std::int64_t head_dim = 1;

  bool packed = false;
  bool lengths = false;
  bool resets = false;
  bool reverse = false;
  bool training = true;
  flashrnn_reserve_mode reserve_mode = FLASHRNN_RESERVE_GATES;
  flashrnn_sequence output_sequence = FLASHRNN_SEQUENCE_ALL;
  flashrnn_sequence gradient_sequence = FLASHRNN_SEQUENCE_ALL;
  double forward_clip = 0.0;
  double gradient_clip = 0.0;
  bool gradient_cut = false;
  flashrnn_math math = FLASHRNN_MATH_DEFAULT;
  flashrnn_matmul matmul = FLASHRNN_MATMUL_STRICT;

  bool bias = true;  ///< false: b is null; likewise below
  bool initial = true;
  bool reset_states = true;
  bool dfinal = true;
  bool pack_weights = false;         ///< R and b only through packed_weights
  bool accumulate = false;           ///< dR and db start from numbers
  bool alias_final = false;          ///< final_states is the memory of initial_states
  bool by_steps = false;             ///< flashrnn_step for every token instead of forward; no training
  bool repeat = false;               ///< every call is made twice and must give the same bits
  bool nan_input = false;            ///< one NaN in Wx: it must reach what the reference says, and nothing else
  Numbers numbers = Numbers::kReal;  ///< other than kReal: results must be the reference's, rounded, bit by bit
  Placement placement = Placement::kDense;
  std::int64_t misalign = 0;  ///< elements by which strided tensors are off the 64-byte boundary
  unsigned omit = 0;          ///< Omit flags
};

/// The precision that a dtype stands for.
reference::Precision precision_of(flashrnn_dtype dtype);
const char* dtype_name(flashrnn_dtype dtype);
/// "B3_T7_N2_D16".
std::string shape_text(const Case& test);
/// state_dtype with its default resolved.
flashrnn_dtype state_dtype_of(const Case& test);

/// The numbers of a case, in fp64 but representable in its dtypes.
struct CaseData {
  reference::Problem problem;
  reference::Inputs inputs;
  reference::OutputGradients output_gradients;
  std::vector<double> dR_before;  ///< what dR holds before an accumulating backward; else empty
  std::vector<double> db_before;
};

CaseData make_data(const Case& test);

/// Rounds every tensor to the dtype that carries it across the C API.
void round_data(const Case& test, CaseData& data);

}  // namespace flashrnn::verify
