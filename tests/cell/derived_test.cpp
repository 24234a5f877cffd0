// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <type_traits>

#include "common/cell/cell.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"

namespace flashrnn::cell {
namespace {

/// The cell without its own backward: all of it is derived.
template <class C>
struct Derived {
  static constexpr const char* kName = C::kName;
  static constexpr int kInputGates = C::kInputGates;
  static constexpr int kRecurrentGates = C::kRecurrentGates;
  static constexpr int kBiases = C::kBiases;
  static constexpr int kStates = C::kStates;
  static constexpr int input_slot(int gate) { return C::input_slot(gate); }
  static constexpr int recurrent_slot(int gate) { return C::recurrent_slot(gate); }

  template <class M, class V>
  static void forward(const V (&a)[kBiases], const V (&prev)[kStates], V (&next)[kStates]) {
    V saved[C::kSaved];
    C::template forward<M>(a, prev, next, saved);
  }
  template <class M, class V>
  static V operand(const V (&a)[kBiases], const V (&prev)[kStates]) {
    return C::template operand<M>(a, prev);
  }
};

template <class Case>
class DerivedBackward : public testing::Test {};

template <class CellType, class MathType>
struct Case {
  using C = CellType;
  using M = MathType;
};
using Cases = testing::Types<Case<Lstm, ExactMath>, Case<Lstm, LinearMath>, Case<Gru, ExactMath>, Case<Gru, LinearMath>,
                             Case<GruResetBefore, ExactMath>, Case<GruResetBefore, LinearMath>, Case<Elman, ExactMath>,
                             Case<ElmanRelu, ExactMath>, Case<Slstm, ExactMath>>;
TYPED_TEST_SUITE(DerivedBackward, Cases);

TYPED_TEST(DerivedBackward, EqualsTheHandWrittenOne) {
  using C = typename TypeParam::C;
  using M = typename TypeParam::M;
  using Hand = CellKernel<C>;
  using Dual = CellKernel<Derived<C>>;
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(-2.0, 2.0);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    double a[C::kBiases], prev[C::kStates], dnext[C::kStates];
    for (double& v : a) v = uniform(random);
    for (double& v : prev) v = uniform(random);
    for (double& v : dnext) v = uniform(random);
    if constexpr (std::is_same_v<C, Slstm>) {
      prev[2] = 1.0 + std::abs(prev[2]);  // a state that the cell itself can reach
      dnext[3] = 0;                       // gradients into m are dropped by both
    }
    double next[C::kStates], saved[Hand::kSaved], derived_next[C::kStates], derived_saved[Dual::kSaved];
    Hand::template forward<M>(a, prev, next, saved);
    Dual::template forward<M>(a, prev, derived_next, derived_saved);
    double da[C::kBiases], dprev[C::kStates], derived_da[C::kBiases], derived_dprev[C::kStates];
    Hand::template backward<M>(saved, prev, dnext, da, dprev);
    Dual::template backward<M>(derived_saved, prev, dnext, derived_da, derived_dprev);
    for (int i = 0; i < C::kBiases; ++i) {
      EXPECT_NEAR(da[i], derived_da[i], 1e-12 * (1 + std::abs(da[i]))) << "da " << i;
    }
    for (int i = 0; i < C::kStates; ++i) {
      EXPECT_EQ(next[i], derived_next[i]);
      EXPECT_NEAR(dprev[i], derived_dprev[i], 1e-12 * (1 + std::abs(dprev[i]))) << "dprev " << i;
    }
    if constexpr (Hand::kTwoStages) {
      EXPECT_EQ(Hand::template saved_operand<M>(saved, prev), C::template operand<M>(a, prev));
    }
  }
}

/// The same for cells of two stages, whose derived form has to declare its stages.
struct DerivedGruResetBefore : Derived<GruResetBefore> {
  static constexpr int kFirstStageGates = GruResetBefore::kFirstStageGates;
};

TEST(DerivedOperand, EqualsTheHandWrittenOne) {
  using Hand = CellKernel<GruResetBefore>;
  using Dual = CellKernel<DerivedGruResetBefore>;
  static_assert(Dual::kTwoStages && Dual::kSaved == 3);
  std::mt19937_64 random(12);
  std::uniform_real_distribution<double> uniform(-2.0, 2.0);
  for (int repeat = 0; repeat < 1000; ++repeat) {
    const double a[3] = {uniform(random), uniform(random), uniform(random)};
    const double prev[1] = {uniform(random)};
    const double dq = uniform(random);
    double next[1], saved[3], da[3], dprev[1], derived_da[3], derived_dprev[1];
    Hand::forward<ExactMath>(a, prev, next, saved);
    Hand::operand_backward<ExactMath>(saved, prev, dq, da, dprev);
    Dual::operand_backward<ExactMath>(a, prev, dq, derived_da, derived_dprev);
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(da[i], derived_da[i], 1e-13);
    EXPECT_NEAR(dprev[0], derived_dprev[0], 1e-13);
  }
}

/// From an empty state h does not depend on i: the stabiliser takes it out, and the gradient has to be exactly 0.
TEST(SlstmGradient, OfTheInputGateIsZeroAtTheFirstStep) {
  const double a[4] = {0.7, -0.3, 0.9, 0.2};
  const double prev[4] = {0, 0, 0, 0};
  const double dnext[4] = {1.3, 0, 0, 0};
  double next[4], saved[5], da[4], dprev[4];
  Slstm::forward<ExactMath>(a, prev, next, saved);
  Slstm::backward<ExactMath>(saved, prev, dnext, da, dprev);
  EXPECT_EQ(da[0], 0.0);
  EXPECT_NE(da[2], 0.0);
}

}  // namespace
}  // namespace flashrnn::cell
