// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "backend_cpu/simt/launch.hpp"
#include "backend_cpu/simt/simt_device.hpp"
#include "common/kernel/config.hpp"
#include "common/kernel/parameters.hpp"
#include "tests/kernel/host_tensor.hpp"
#include "verify/compare.hpp"

namespace flashrnn::kernel::test {

/// One problem in the checked memory of an emulated device: a case's tensors, the library's own buffers, and what the
/// kernels left. A test fills parameters, launches its kernels and holds result() against the reference.
///
/// D: simt::Simt32 or Simt64. C: the Config of the kernels; its cell and types are those of the case.
template <class D, class C>
class Scene {
 public:
  using Cell = typename C::Cell;
  using E = typename C::Element;
  using SE = typename C::StateElement;
  static constexpr std::int64_t kStates = Cell::kStates;
  static constexpr bool kTwoStages = C::Kernel::kTwoStages;
  static constexpr std::int64_t kGradientValues = Cell::kBiases + (kTwoStages ? 1 : 0);

  explicit Scene(const verify::Case& test) : test_(test), data_(verify::make_data(test)) {
    const reference::Problem& p = data_.problem;
    dim_ = p.head_dim;
    padded_ = (dim_ + kDimPadding - 1) / kDimPadding * kDimPadding;
    units_ = p.heads * dim_;
    // A packed batch may have room for more tokens than it holds.
    tokens_ = p.packed ? p.tokens() + 3 : p.tokens();
    wx_ = sequence<E>(1, Cell::kInputGates * units_, data_.inputs.Wx);
    initial_ = state_tensor(data_.inputs.initial_states);
    reset_ = state_tensor(data_.inputs.reset_states);
    dfinal_ = state_tensor(data_.output_gradients.final_states);
    const std::int64_t gradient_states = test.gradient_sequence == FLASHRNN_SEQUENCE_ALL ? kStates : 1;
    dstates_ = sequence<E>(gradient_states, units_, data_.output_gradients.states);
    pack_weights();
  }

  [[nodiscard]] const verify::CaseData& data() const { return data_; }
  [[nodiscard]] std::int64_t padded() const { return padded_; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

  /// The sizes and flags; `sequence` is that of forward's states or backward's dstates.
  Extents<D> extents(flashrnn_sequence sequence) {
    const reference::Problem& p = data_.problem;
    Extents<D> e;
    e.batch = p.batch;
    e.steps = p.time;
    e.tokens = tokens_;
    e.heads = static_cast<Int32>(p.heads);
    e.head_dim = static_cast<Int32>(dim_);
    e.padded_dim = static_cast<Int32>(padded_);
    const auto flag = [&](bool condition, Flag bit) { e.flags |= condition ? bit : 0U; };
    flag(p.packed, kPacked);
    flag(!p.lengths.empty(), kLengths);
    flag(!p.resets.empty(), kResets);
    flag(p.reverse, kReverse);
    flag(p.forward_clip > 0.0, kForwardClip);
    flag(p.gradient_clip > 0.0, kGradientClip);
    flag(p.gradient_cut, kGradientCut);
    flag(test_.training, kTraining);
    flag(test_.training && test_.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE, kRecompute);
    flag(sequence == FLASHRNN_SEQUENCE_H, kSequenceH);
    flag(sequence == FLASHRNN_SEQUENCE_ALL, kSequenceAll);
    if (!p.lengths.empty()) e.lengths = input("lengths", p.lengths);
    if (p.packed) e.cu_seqlens = input("cu_seqlens", p.cu_seqlens);
    if (!p.resets.empty()) {
      resets_ = p.resets;
      e.resets = input("resets", resets_);
      e.resets_stride_b = p.packed ? 0 : p.time;
    }
    e.forward_clip = static_cast<float>(p.forward_clip);
    e.gradient_clip = static_cast<float>(p.gradient_clip);
    return e;
  }

  PackedWeights<D, E> weights() {
    return {input("packed R", r_), input("packed R transposed", r_transposed_), input("packed bias", bias_)};
  }

  /// For a forward over all steps; its outputs are unwritten. `aligned` as the tensors are.
  ForwardParameters<D, E, SE> forward_parameters() {
    ForwardParameters<D, E, SE> f;
    f.extents = extents(test_.output_sequence);
    f.weights = weights();
    f.wx = input_tensor("Wx", wx_);
    f.initial_states = input_tensor("initial_states", initial_);
    f.reset_states = input_tensor("reset_states", reset_);
    if (test_.output_sequence != FLASHRNN_SEQUENCE_NONE) {
      states_ = sequence<E>(test_.output_sequence == FLASHRNN_SEQUENCE_ALL ? kStates : 1, units_);
      f.states = output_tensor("states", states_);
    }
    if ((test_.omit & verify::kOmitFinal) == 0) {
      if (test_.alias_final) {  // in the very memory of the initial states
        f.final_states = buffer_tensor("states in and out", initial_);
        f.initial_states = {f.final_states.data, initial_.stride_s, initial_.stride_b, 0};
      } else {
        final_ = state_tensor();
        f.final_states = output_tensor("final_states", final_);
      }
    }
    if (test_.training) {
      const bool recompute = test_.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE;
      kept_values_ = kernel::kept_values(C::Kernel::kSaved, recompute, test_.forward_clip > 0.0);
      f.reserve = {output("kept", kept_, tokens_ * data_.problem.heads * kept_values_ * padded_), {}};
      if (kStates > 1) {
        f.reserve.states = output("kept states", kept_states_, tokens_ * data_.problem.heads * (kStates - 1) * padded_);
      }
    }
    reserve_ = f.reserve;
    const bool whole = dim_ * static_cast<std::int64_t>(sizeof(E)) % 16 == 0;
    f.aligned = whole && test_.placement == verify::Placement::kDense ? 1 : 0;
    return f;
  }

  /// For a backward, after a forward. The reserve is forward's, or one whose gates were computed again.
  BackwardParameters<D, E, SE> backward_parameters(const Reserve<D, const E>& reserve) {
    const std::int64_t heads = data_.problem.heads;
    BackwardParameters<D, E, SE> b;
    b.extents = extents(test_.gradient_sequence);
    b.weights = weights();
    b.dstates = input_tensor("dstates", dstates_);
    b.dfinal_states = input_tensor("dfinal_states", dfinal_);
    b.reserve = reserve;
    if ((test_.omit & verify::kOmitDWx) == 0) {
      dwx_ = sequence<E>(1, Cell::kInputGates * units_);
      b.dwx = output_tensor("dWx", dwx_);
    }
    b.gradients = output("gradients", gradients_, tokens_ * heads * kGradientValues * padded_);
    if ((test_.omit & verify::kOmitDInitial) == 0) {
      dinitial_ = state_tensor();
      b.dinitial_states = output_tensor("dinitial_states", dinitial_);
    }
    if (test_.resets && (test_.omit & verify::kOmitDReset) == 0) {
      dreset_ = state_tensor();
      b.dreset_states = output_tensor("dreset_states", dreset_);
    }
    const bool whole = dim_ * static_cast<std::int64_t>(sizeof(E)) % 16 == 0;
    b.aligned = whole && test_.placement == verify::Placement::kDense ? 1 : 0;
    return b;
  }

  /// Wx again, for a kernel that computes the gates from the reserve.
  Tensor<D, const E> wx() { return input_tensor("Wx", wx_); }

  /// What forward left for backward; null before.
  Reserve<D, const E> reserve() const { return {reserve_.kept, reserve_.states}; }

  /// A buffer of the workspace, unwritten (or zeros, for barriers).
  template <class T>
  device::Global<D, T> workspace(const char* name, std::int64_t count, bool zeros = false) {
    auto storage = std::make_shared<std::vector<T>>(static_cast<std::size_t>(count));
    owned_.push_back(storage);
    return zeros ? memory_.buffer(name, storage->data(), count) : memory_.output(name, storage->data(), count);
  }

  /// One launch of kernel K; false, and a failed test, when it breaks the device contract.
  template <class K>
  bool launch(const char* name, const typename K::Parameters& parameters, std::int64_t blocks, int cluster = 1,
              bool cooperative = false) {
    simt::LaunchConfig config;
    config.kernel = name;
    config.blocks = static_cast<int>(blocks);
    config.threads = K::kThreads;
    config.cluster = cluster;
    config.cooperative = cooperative;
    config.shared_bytes = sizeof(typename K::Shared);
    config.seed = test_.seed + launches_++;
    const Status status = simt::launch<D>(config, memory_, [&](D& dev) { K::run(dev, parameters); });
    EXPECT_TRUE(status.ok()) << test_.name << ": " << status.message();
    return status.ok();
  }

  /// What the kernels left, as the case asks for it. dR and db are summed here.
  reference::Result result() {
    reference::Result result;
    result.forward.states = states_.values();
    result.forward.final_states = test_.alias_final ? initial_.values() : final_.values();
    if (!gradients_.empty()) {
      result.gradients.dWx = dwx_.values();
      result.gradients.dinitial_states = dinitial_.values();
      result.gradients.dreset_states = dreset_.values();
      sum_weight_gradients(result.gradients);
    }
    return result;
  }

  /// Outputs have numbers where they should and nowhere else.
  void check_gaps() const {
    check_gap("states", states_);
    if (!test_.alias_final) check_gap("final_states", final_);
    check_gap("dWx", dwx_);
    check_gap("dinitial_states", dinitial_);
    check_gap("dreset_states", dreset_);
  }

  /// Library buffers, as kernels left them: kept [M, N, V, P] and gradients [M, N, A, P].
  [[nodiscard]] const std::vector<E>& kept() const { return kept_; }
  [[nodiscard]] const std::vector<E>& gradients() const { return gradients_; }
  [[nodiscard]] std::int64_t kept_values() const { return kept_values_; }

 private:
  template <class T>
  HostTensor<T> sequence(std::int64_t states, std::int64_t inner) {
    const reference::Problem& p = data_.problem;
    return {test_.placement, states, p.packed ? 1 : p.batch, p.packed ? p.tokens() : p.time, inner};
  }
  template <class T>
  HostTensor<T> sequence(std::int64_t states, std::int64_t inner, const std::vector<double>& values) {
    if (values.empty()) return {};
    HostTensor<T> tensor = sequence<T>(states, inner);
    tensor.put(values);
    return tensor;
  }
  HostTensor<SE> state_tensor() { return {test_.placement, kStates, data_.problem.batch, 1, units_}; }
  HostTensor<SE> state_tensor(const std::vector<double>& values) {
    if (values.empty()) return {};
    HostTensor<SE> tensor = state_tensor();
    tensor.put(values);
    return tensor;
  }

  template <class T>
  device::Global<D, const T> input(const char* name, const std::vector<T>& values) {
    return memory_.input(name, values.data(), static_cast<std::int64_t>(values.size()));
  }
  template <class T>
  device::Global<D, T> output(const char* name, std::vector<T>& values, std::int64_t count) {
    values.assign(static_cast<std::size_t>(count), T{});
    return memory_.output(name, values.data(), count);
  }
  template <class T>
  Tensor<D, T> strides(device::Global<D, T> data, const HostTensor<std::remove_const_t<T>>& tensor) {
    return {data, tensor.stride_s, data_.problem.packed && tensor.times > 1 ? 0 : tensor.stride_b, tensor.stride_t};
  }
  template <class T>
  Tensor<D, const T> input_tensor(const char* name, const HostTensor<T>& tensor) {
    if (tensor.elements.empty()) return {};
    return strides<const T>(input(name, tensor.elements), tensor);
  }
  template <class T>
  Tensor<D, T> output_tensor(const char* name, HostTensor<T>& tensor) {
    return strides<T>(memory_.output(name, tensor.elements.data(), static_cast<std::int64_t>(tensor.elements.size())),
                      tensor);
  }
  template <class T>
  Tensor<D, T> buffer_tensor(const char* name, HostTensor<T>& tensor) {
    return strides<T>(memory_.buffer(name, tensor.elements.data(), static_cast<std::int64_t>(tensor.elements.size())),
                      tensor);
  }

  void pack_weights() {
    const std::int64_t heads = data_.problem.heads;
    r_.assign(static_cast<std::size_t>(Cell::kRecurrentGates * heads * padded_ * padded_), encode<E>(0.0));
    r_transposed_ = r_;
    bias_.assign(static_cast<std::size_t>(Cell::kBiases * heads * padded_), 0.0F);
    for (std::size_t i = 0; i < data_.inputs.R.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const std::int64_t p = at % dim_;
      const std::int64_t d = at / dim_ % dim_;
      const std::int64_t block = at / (dim_ * dim_) * padded_ * padded_;
      r_[static_cast<std::size_t>(block + d * padded_ + p)] = encode<E>(data_.inputs.R[i]);
      r_transposed_[static_cast<std::size_t>(block + p * padded_ + d)] = encode<E>(data_.inputs.R[i]);
    }
    for (std::size_t i = 0; i < data_.inputs.b.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      bias_[static_cast<std::size_t>(at / dim_ * padded_ + at % dim_)] = static_cast<float>(data_.inputs.b[i]);
    }
  }

  // dR and db in fp64, from the gradients and operands that the kernels left in the library's buffers.
  void sum_weight_gradients(reference::Gradients& out) const {
    const std::int64_t heads = data_.problem.heads;
    out.dR.assign(data_.inputs.R.size(), 0.0);
    out.db.assign(static_cast<std::size_t>(Cell::kBiases * units_), 0.0);
    for (std::int64_t token = 0; token < tokens_; ++token) {
      for (std::int64_t n = 0; n < heads; ++n) {
        const E* kept = kept_.data() + (token * heads + n) * kept_values_ * padded_;
        const E* gradients = gradients_.data() + (token * heads + n) * kGradientValues * padded_;
        for (std::int64_t slot = 0; slot < Cell::kBiases; ++slot) {
          for (std::int64_t d = 0; d < dim_; ++d) {
            out.db[static_cast<std::size_t>((slot * heads + n) * dim_ + d)] += decode(gradients[slot * padded_ + d]);
          }
        }
        for (int g = 0; g < Cell::kRecurrentGates; ++g) {
          const bool second = g >= C::Kernel::first_stage_gates();
          const E* operand = second ? gradients + Cell::kBiases * padded_ : kept;
          for (std::int64_t d = 0; d < dim_; ++d) {
            double* row = out.dR.data() + ((g * heads + n) * dim_ + d) * dim_;
            const double gradient = decode(gradients[Cell::recurrent_slot(g) * padded_ + d]);
            for (std::int64_t p = 0; p < dim_; ++p) row[p] += gradient * decode(operand[p]);
          }
        }
      }
    }
  }

  template <class T>
  void check_gap(const char* name, const HostTensor<T>& tensor) const {
    if (test_.nan_input || tensor.elements.empty()) return;
    EXPECT_EQ(tensor.written(), tensor.states * tensor.rows * tensor.times * tensor.inner)
        << test_.name << ": " << name;
  }

  verify::Case test_;
  verify::CaseData data_;
  std::int64_t dim_ = 0;
  std::int64_t padded_ = 0;
  std::int64_t units_ = 0;
  std::int64_t tokens_ = 0;
  std::int64_t kept_values_ = 0;
  std::uint64_t launches_ = 0;
  std::vector<E> r_, r_transposed_, kept_, gradients_;
  std::vector<float> bias_, kept_states_;
  std::vector<std::uint8_t> resets_;
  HostTensor<E> wx_, states_, dstates_, dwx_;
  HostTensor<SE> initial_, reset_, final_, dfinal_, dinitial_, dreset_;
  Reserve<D, E> reserve_;
  std::deque<std::shared_ptr<void>> owned_;
  simt::Memory memory_;
};

}  // namespace flashrnn::kernel::test
