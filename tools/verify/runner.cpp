// SPDX-License-Identifier: Apache-2.0
#include "verify/runner.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>

#include "verify/buffer.hpp"

namespace flashrnn::verify {
namespace {

using reference::Precision;
using Values = std::vector<double>;

bool same_bits(const Values& a, const Values& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

void require_same(const Values& a, const Values& b, const std::string& name) {
  if (!same_bits(a, b)) throw std::runtime_error(name + ": a repeated call gave other bits");
}

class Execution {
 public:
  Execution(Api& api, const Case& test, const CaseData& data)
      : api_(api),
        space_(api.memory()),
        test_(test),
        data_(data),
        cell_(reference::info(test.cell)),
        units_(test.heads * test.head_dim),
        dtype_(precision_of(test.dtype)),
        state_dtype_(precision_of(state_dtype_of(test))),
        R_(space_, Geometry::dense(1, 1, 1, static_cast<std::int64_t>(data.inputs.R.size())), dtype_, 0,
           data.inputs.R) {
    if (!data.inputs.b.empty()) {
      b_.emplace(space_, Geometry::dense(1, 1, 1, static_cast<std::int64_t>(data.inputs.b.size())), dtype_, 0,
                 data.inputs.b);
    }
    if (test.lengths) lengths_ = array(data.problem.lengths);
    if (test.packed) cu_seqlens_ = array(data.problem.cu_seqlens);
    if (test.resets) reset_marks_ = array(make_reset_marks());
    create_plan();
  }
  ~Execution() { api_.plan_destroy(plan_); }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  reference::Result run() {
    if (test_.pack_weights) pack();
    reference::Result result;
    if (test_.by_steps) {
      result.forward = steps();
    } else {
      std::unique_ptr<GuardedBytes> reserve;
      result.forward = forward(reserve);
      if (test_.repeat) {
        const reference::ForwardResult again = forward(reserve);
        require_same(again.states, result.forward.states, "states");
        require_same(again.final_states, result.forward.final_states, "final_states");
      }
      if (test_.training) {
        result.gradients = backward(*reserve);
        if (test_.repeat) require_same_gradients(backward(*reserve), result.gradients);
      }
    }
    R_.check_unchanged("R");
    if (b_) b_->check_unchanged("b");
    return result;
  }

 private:
  void check(flashrnn_status status, const char* function) {
    if (status == FLASHRNN_SUCCESS) return;
    throw std::runtime_error(std::string(function) + " failed (status " + std::to_string(status) +
                             "): " + api_.last_error());
  }

  [[nodiscard]] bool wants(Omit output) const { return (test_.omit & output) == 0; }

  void create_plan() {
    flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
    const std::string cell_name(cell_.name);
    problem.cell = cell_name.c_str();
    problem.dtype = test_.dtype;
    problem.state_dtype = test_.state_dtype;
    problem.batch = test_.batch;
    problem.time = test_.time;
    problem.heads = test_.heads;
    problem.head_dim = test_.head_dim;
    problem.tokens = test_.packed ? std::max<std::int64_t>(data_.problem.tokens(), 1) : 0;
    problem.layout = test_.packed ? FLASHRNN_PACKED : FLASHRNN_PADDED;
    problem.use_lengths = test_.lengths ? 1 : 0;
    problem.use_resets = test_.resets ? 1 : 0;
    problem.reverse = test_.reverse ? 1 : 0;
    problem.training = test_.training ? 1 : 0;
    problem.reserve_mode = test_.reserve_mode;
    problem.output_sequence = test_.output_sequence;
    problem.gradient_sequence = test_.gradient_sequence;
    problem.forward_clip = test_.forward_clip;
    problem.gradient_clip = test_.gradient_clip;
    problem.gradient_cut = test_.gradient_cut ? 1 : 0;
    problem.math = test_.math;
    problem.matmul = test_.matmul;
    check(api_.plan_create(problem, &plan_), "plan_create");
    const flashrnn_status status = api_.get_sizes(plan_, sizes_);
    if (status != FLASHRNN_SUCCESS) api_.plan_destroy(plan_);  // the destructor will not run
    check(status, "plan_get_sizes");
  }

  // The mask as the C API takes it; what lies between rows is not 0 and must not be read as marks.
  std::vector<std::uint8_t> make_reset_marks() {
    const reference::Problem& problem = data_.problem;
    if (problem.resets.empty() || test_.packed || test_.placement == Placement::kDense) return problem.resets;
    resets_stride_ = test_.time + 3;
    std::vector<std::uint8_t> marks(static_cast<std::size_t>((test_.batch - 1) * resets_stride_ + test_.time), 0xFF);
    for (std::int64_t row = 0; row < test_.batch; ++row) {
      std::copy_n(problem.resets.begin() + row * test_.time, test_.time, marks.begin() + row * resets_stride_);
    }
    return marks;
  }
  // Of exact size; one element where there would be none, for null would mean that nothing is given.
  template <class Value>
  [[nodiscard]] std::unique_ptr<GuardedBytes> array(const std::vector<Value>& values) const {
    auto bytes =
        std::make_unique<GuardedBytes>(space_, std::max<std::size_t>(values.size(), 1) * sizeof(Value), 0, Fill::kNaN);
    if (!values.empty()) std::memcpy(bytes->data(), values.data(), values.size() * sizeof(Value));
    return bytes;
  }
  template <class Value>
  static const Value* address(const std::unique_ptr<GuardedBytes>& array) {
    return array == nullptr ? nullptr : static_cast<const Value*>(array->address());
  }

  [[nodiscard]] Geometry sequence(std::int64_t states, std::int64_t inner) const {
    const std::int64_t rows = test_.packed ? 1 : test_.batch;
    const std::int64_t length = test_.packed ? data_.problem.tokens() : test_.time;
    Geometry g = Geometry::dense(states, rows, length, inner);
    if (test_.placement == Placement::kPadded) {
      g.stride_t = inner + 3;
      g.stride_b = length * g.stride_t + 5;
      g.stride_s = rows * g.stride_b + 1;
    } else if (test_.placement == Placement::kTimeMajor) {
      g.stride_b = inner + 1;
      g.stride_t = rows * g.stride_b + 2;
      g.stride_s = length * g.stride_t + 7;
    }
    if (test_.packed) g.stride_b = 0;  // one row of all tokens
    return g;
  }
  [[nodiscard]] Geometry per_row(std::int64_t states) const {
    Geometry g = Geometry::dense(states, test_.batch, 1, units_);
    if (test_.placement == Placement::kPadded) {
      g.stride_b = units_ + 5;
      g.stride_s = test_.batch * g.stride_b + 3;
    } else if (test_.placement == Placement::kTimeMajor) {
      g.stride_s = units_ + 2;
      g.stride_b = states * g.stride_s + 1;
    }
    g.stride_t = 0;
    return g;
  }

  [[nodiscard]] flashrnn_tensor view(Tensor& tensor) const {
    if (test_.placement == Placement::kDense) return {tensor.address(), 0, 0, 0};
    const Geometry& g = tensor.geometry();
    return {tensor.address(), g.S > 1 ? g.stride_s : 0, g.stride_b, g.stride_t};
  }
  [[nodiscard]] flashrnn_tensor view(std::optional<Tensor>& tensor) const {
    return tensor ? view(*tensor) : flashrnn_tensor{};
  }
  template <class Maybe>
  [[nodiscard]] flashrnn_const_tensor const_view(Maybe& tensor) const {
    const flashrnn_tensor t = view(tensor);
    return {t.data, t.stride_s, t.stride_b, t.stride_t};
  }

  [[nodiscard]] std::optional<Tensor> input(const Geometry& geometry, Precision precision, const Values& values) const {
    if (values.empty() && geometry.elements() > 0) return std::nullopt;
    return std::optional<Tensor>(std::in_place, space_, geometry, precision, test_.misalign, values);
  }
  [[nodiscard]] std::optional<Tensor> output(const Geometry& geometry, Precision precision, bool wanted) const {
    if (!wanted) return std::nullopt;
    return std::optional<Tensor>(std::in_place, space_, geometry, precision, test_.misalign);
  }
  static Values take(std::optional<Tensor>& tensor, const std::string& name) {
    if (!tensor) return {};
    tensor->check_written(name);
    return tensor->values();
  }
  static void check_unchanged(std::optional<Tensor>& tensor, const std::string& name) {
    if (tensor) tensor->check_unchanged(name);
  }

  void pack() {
    packed_ = std::make_unique<GuardedBytes>(space_, sizes_.packed_weights, 0, Fill::kNaN);
    flashrnn_pack_args args = FLASHRNN_PACK_ARGS_INIT;
    args.R = R_.address();
    args.b = b_ ? b_->address() : nullptr;
    args.packed = packed_->address();
    args.packed_size = packed_->size();
    check(api_.pack_weights(plan_, args), "pack_weights");
    packed_->check_guards("packed weights");
  }
  template <class Args>
  void set_weights(Args& args) {
    if (packed_) {
      args.packed_weights = packed_->address();
      args.packed_weights_size = packed_->size();
    } else {
      args.R = R_.address();
      args.b = b_ ? b_->address() : nullptr;
    }
  }
  template <class Args>
  void set_rows(Args& args) {
    args.lengths = address<std::int64_t>(lengths_);
    args.cu_seqlens = address<std::int64_t>(cu_seqlens_);
    args.resets = address<std::uint8_t>(reset_marks_);
    args.resets_stride_b = resets_stride_;
  }

  reference::ForwardResult forward(std::unique_ptr<GuardedBytes>& reserve) {
    std::optional<Tensor> Wx = input(sequence(1, cell_.input_gates * units_), dtype_, data_.inputs.Wx);
    std::optional<Tensor> initial = input(per_row(cell_.states), state_dtype_, data_.inputs.initial_states);
    std::optional<Tensor> reset = input(per_row(cell_.states), state_dtype_, data_.inputs.reset_states);
    const std::int64_t outputs = test_.output_sequence == FLASHRNN_SEQUENCE_H ? 1 : cell_.states;
    std::optional<Tensor> states =
        output(sequence(outputs, units_), dtype_, test_.output_sequence != FLASHRNN_SEQUENCE_NONE);
    const bool alias = test_.alias_final && initial;
    std::optional<Tensor> final_states = output(per_row(cell_.states), state_dtype_, wants(kOmitFinal) && !alias);
    GuardedBytes workspace(space_, sizes_.forward_workspace, 0, Fill::kNaN);

    flashrnn_forward_args args = FLASHRNN_FORWARD_ARGS_INIT;
    args.Wx = const_view(Wx);
    set_weights(args);
    set_rows(args);
    args.initial_states = const_view(initial);
    args.reset_states = const_view(reset);
    args.states = view(states);
    args.final_states = alias ? view(initial) : view(final_states);
    if (test_.training) {
      reserve = std::make_unique<GuardedBytes>(space_, sizes_.reserve, 0, Fill::kNaN);
      args.reserve = reserve->address();
      args.reserve_size = reserve->size();
    }
    args.workspace = workspace.address();
    args.workspace_size = workspace.size();
    check(api_.forward(plan_, args), "forward");

    workspace.check_guards("forward workspace");
    if (reserve) reserve->check_guards("reserve");
    check_unchanged(Wx, "Wx");
    check_unchanged(reset, "reset_states");
    reference::ForwardResult result;
    result.states = take(states, "states");
    if (alias) {
      result.final_states = take(initial, "final_states");
    } else {
      check_unchanged(initial, "initial_states");
      result.final_states = take(final_states, "final_states");
    }
    return result;
  }

  reference::Gradients backward(const GuardedBytes& reserve) {
    const bool recompute = test_.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE;
    const std::vector<std::byte> reserve_before = reserve.content();
    std::optional<Tensor> Wx =
        recompute ? input(sequence(1, cell_.input_gates * units_), dtype_, data_.inputs.Wx) : std::nullopt;
    const std::int64_t count = test_.gradient_sequence == FLASHRNN_SEQUENCE_H ? 1 : cell_.states;
    const bool given = test_.gradient_sequence != FLASHRNN_SEQUENCE_NONE;
    std::optional<Tensor> dstates =
        given ? input(sequence(count, units_), dtype_, data_.output_gradients.states) : std::nullopt;
    std::optional<Tensor> dfinal = input(per_row(cell_.states), state_dtype_, data_.output_gradients.final_states);
    std::optional<Tensor> dWx = output(sequence(1, cell_.input_gates * units_), dtype_, wants(kOmitDWx));
    std::optional<Tensor> dR = weight_gradient(R_.geometry(), data_.dR_before, wants(kOmitDR));
    std::optional<Tensor> db =
        weight_gradient(Geometry::dense(1, 1, 1, cell_.biases * units_), data_.db_before, wants(kOmitDb));
    std::optional<Tensor> dinitial = output(per_row(cell_.states), state_dtype_, wants(kOmitDInitial));
    std::optional<Tensor> dreset = output(per_row(cell_.states), state_dtype_, wants(kOmitDReset) && test_.resets);
    GuardedBytes workspace(space_, sizes_.backward_workspace, 0, Fill::kNaN);

    flashrnn_backward_args args = FLASHRNN_BACKWARD_ARGS_INIT;
    args.Wx = const_view(Wx);
    set_weights(args);
    set_rows(args);
    args.dstates = const_view(dstates);
    args.dfinal_states = const_view(dfinal);
    args.dWx = view(dWx);
    args.dR = dR ? static_cast<float*>(dR->address()) : nullptr;
    args.db = db ? static_cast<float*>(db->address()) : nullptr;
    args.accumulate_weight_gradients = test_.accumulate ? 1 : 0;
    args.dinitial_states = view(dinitial);
    args.dreset_states = view(dreset);
    args.reserve = reserve.address();
    args.reserve_size = reserve.size();
    args.workspace = workspace.address();
    args.workspace_size = workspace.size();
    check(api_.backward(plan_, args), "backward");

    workspace.check_guards("backward workspace");
    if (reserve.content() != reserve_before) throw std::runtime_error("reserve: backward changed it");
    check_unchanged(Wx, "Wx");
    check_unchanged(dstates, "dstates");
    check_unchanged(dfinal, "dfinal_states");
    reference::Gradients result;
    result.dWx = take(dWx, "dWx");
    result.dR = take(dR, "dR");
    result.db = take(db, "db");
    result.dinitial_states = take(dinitial, "dinitial_states");
    result.dreset_states = take(dreset, "dreset_states");
    return result;
  }

  // dR and db are fp32 and dense, and may hold numbers to add to.
  [[nodiscard]] std::optional<Tensor> weight_gradient(const Geometry& geometry, const Values& before,
                                                      bool wanted) const {
    if (!wanted) return std::nullopt;
    if (before.empty()) return std::optional<Tensor>(std::in_place, space_, geometry, Precision::kF32, 0);
    return std::optional<Tensor>(std::in_place, space_, geometry, Precision::kF32, 0, before);
  }

  static void require_same_gradients(const reference::Gradients& a, const reference::Gradients& b) {
    require_same(a.dWx, b.dWx, "dWx");
    require_same(a.dR, b.dR, "dR");
    require_same(a.db, b.db, "db");
    require_same(a.dinitial_states, b.dinitial_states, "dinitial_states");
    require_same(a.dreset_states, b.dreset_states, "dreset_states");
  }

  // Of all rows at one time.
  [[nodiscard]] std::vector<std::uint8_t> marks_of(std::int64_t t) const {
    std::vector<std::uint8_t> marks;
    for (std::int64_t row = 0; row < test_.batch; ++row) marks.push_back(data_.problem.resets[row * test_.time + t]);
    return marks;
  }

  // The whole problem in single steps: full rows, any direction.
  reference::ForwardResult steps() {
    std::optional<Tensor> Wx = input(sequence(1, cell_.input_gates * units_), dtype_, data_.inputs.Wx);
    std::optional<Tensor> reset = input(per_row(cell_.states), state_dtype_, data_.inputs.reset_states);
    Values states = data_.inputs.initial_states;
    states.resize(static_cast<std::size_t>(cell_.states * test_.batch * units_), 0.0);
    Tensor state(space_, per_row(cell_.states), state_dtype_, test_.misalign, states);
    std::optional<Tensor> h = output(sequence(1, units_), dtype_, test_.output_sequence != FLASHRNN_SEQUENCE_NONE);
    const std::int64_t element = dtype_ == Precision::kF32 ? 4 : 2;
    for (std::int64_t s = 0; s < test_.time; ++s) {
      const std::int64_t t = test_.reverse ? test_.time - 1 - s : s;
      std::unique_ptr<GuardedBytes> marks;
      if (test_.resets) marks = array(marks_of(t));
      GuardedBytes workspace(space_, sizes_.step_workspace, 0, Fill::kNaN);
      flashrnn_step_args args = FLASHRNN_STEP_ARGS_INIT;
      const Geometry& wx = Wx->geometry();
      args.Wx = {static_cast<const std::byte*>(Wx->address()) + t * wx.stride_t * element, 0, wx.stride_b, 0};
      set_weights(args);
      args.resets = address<std::uint8_t>(marks);
      args.reset_states = const_view(reset);
      args.states = view(state);
      if (h) {
        const Geometry& g = h->geometry();
        args.output = {static_cast<std::byte*>(h->address()) + t * g.stride_t * element, 0, g.stride_b, 0};
      }
      args.workspace = workspace.address();
      args.workspace_size = workspace.size();
      check(api_.step(plan_, args), "step");
      workspace.check_guards("step workspace");
    }
    check_unchanged(Wx, "Wx");
    check_unchanged(reset, "reset_states");
    state.check_written("states");
    return {take(h, "output"), state.values()};
  }

  Api& api_;
  memory::MemorySpace& space_;
  const Case& test_;
  const CaseData& data_;
  const reference::CellInfo& cell_;
  std::int64_t units_;
  Precision dtype_;
  Precision state_dtype_;
  Tensor R_;
  std::optional<Tensor> b_;
  std::unique_ptr<GuardedBytes> packed_;
  std::unique_ptr<GuardedBytes> lengths_, cu_seqlens_, reset_marks_;
  std::int64_t resets_stride_ = 0;
  flashrnn_plan* plan_ = nullptr;
  flashrnn_sizes sizes_ = FLASHRNN_SIZES_INIT;
};

}  // namespace

reference::Result execute(Api& api, const Case& test, const CaseData& data) { return Execution(api, test, data).run(); }

}  // namespace flashrnn::verify
