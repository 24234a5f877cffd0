// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "flashrnn/flashrnn.hpp"
#include "tests/fuzz/problem.hpp"
#include "tests/fuzz/scene.hpp"

/// The C API on the CPU device under calls drawn from bytes. What is held: a call without a fault succeeds, one with
/// a fault does not; statuses and messages agree; a failed call writes nothing, a successful one its outputs alone.
namespace flashrnn::fuzz {
namespace {

/// Every ISA with one thread, and the default one with two. Opened once.
const std::vector<Context>& contexts() {
  static const auto* const all = [] {
    auto* out = new std::vector<Context>;
    flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
    flashrnn::check(flashrnn_get_device(0, &info));
    flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
    options.num_threads = 2;
    out->emplace_back("cpu", options);
    options.num_threads = 1;
    const std::string names = info.isas;
    for (std::size_t begin = 0; begin < names.size();) {
      const std::size_t end = std::min(names.find(' ', begin), names.size());
      const std::string name = names.substr(begin, end - begin);
      options.cpu_isa = name.c_str();
      out->emplace_back("cpu", options);
      begin = end + 1;
    }
    return out;
  }();
  return *all;
}

/// A status and the message that goes with it.
void check_status(flashrnn_status status, const char* function) {
  if (status == FLASHRNN_SUCCESS) return;
  FUZZ_CHECK(status == FLASHRNN_INVALID_ARGUMENT || status == FLASHRNN_UNSUPPORTED ||
                 status == FLASHRNN_BUFFER_TOO_SMALL || status == FLASHRNN_DEVICE_UNAVAILABLE,
             "%s: %s: %s", function, flashrnn_status_name(status), flashrnn_last_error());
  const std::string text = flashrnn_last_error();
  FUZZ_CHECK(text.rfind(std::string(function) + ": ", 0) == 0 && text.size() > std::strlen(function) + 10, "%s: '%s'",
             function, text.c_str());
}

/// A struct in the middle of zeros, as a newer header's caller has it; sometimes with a bad size.
template <typename T>
class Versioned {
 public:
  Versioned(const T& value, Bytes* in) {
    std::memcpy(words_.data(), &value, sizeof value);
    if (!in->rarely(24)) return;
    auto* const bytes = reinterpret_cast<unsigned char*>(words_.data());
    std::size_t size = sizeof(T) + 8 * static_cast<std::size_t>(in->within(1, 16));
    switch (in->below(3)) {
      case 0:
        break;
      case 1:
        bytes[size - 1] = 1;
        sound = false;
        break;
      default:
        size = in->pick<std::size_t>({0, 8, sizeof(T) - 8, 4097, SIZE_MAX, SIZE_MAX / 2 + 1});
        sound = false;
    }
    std::memcpy(bytes, &size, sizeof size);
  }
  [[nodiscard]] const T* get() const { return reinterpret_cast<const T*>(words_.data()); }
  bool sound = true;

 private:
  std::array<std::uint64_t, 512> words_{};
};

class Session {
 public:
  Session(Bytes* in, const flashrnn_problem& problem, const flashrnn_plan* plan)
      : in_(in), p_(problem), plan_(plan), cell_(find_cell_info(problem.cell)) {
    flashrnn::check(flashrnn_plan_get_sizes(plan, &sizes_));
    packed_ = p_.layout == FLASHRNN_PACKED;
    tokens_ = packed_ && p_.tokens > 0 ? p_.tokens : p_.batch * p_.time;
    const auto bytes = [](flashrnn_dtype d) { return d == FLASHRNN_F32 || d == FLASHRNN_DTYPE_DEFAULT ? 4 : 2; };
    element_ = bytes(p_.dtype);
    state_element_ = p_.state_dtype == FLASHRNN_DTYPE_DEFAULT ? element_ : bytes(p_.state_dtype);
    units_ = p_.heads * p_.head_dim;
  }

  void run() {
    describe();
    for (std::int64_t rounds = in_->within(1, 3); rounds > 0; --rounds) {
      switch (in_->below(3)) {
        case 0:
          sequence();
          break;
        case 1:
          step();
          break;
        default:
          pack_alone();
      }
    }
  }

 private:
  /// lengths, cu_seqlens and resets as the caller gives them.
  struct Tokens {
    const std::int64_t* lengths = nullptr;
    const std::int64_t* cu_seqlens = nullptr;
    const std::uint8_t* resets = nullptr;
    std::int64_t resets_stride_b = 0;
    std::int64_t count = 0;  ///< of the call, PACKED
  };

  void describe() {
    std::array<char, 40> text;
    text.fill('#');
    const auto capacity = static_cast<std::size_t>(in_->below(32));
    std::size_t needed = 0;
    const flashrnn_status status = flashrnn_plan_describe(plan_, text.data(), capacity, &needed);
    FUZZ_CHECK(status == FLASHRNN_SUCCESS && needed > 1, "%s", flashrnn_last_error());
    for (std::size_t i = capacity; i < text.size(); ++i) FUZZ_CHECK(text[i] == '#', "capacity %zu", capacity);
    if (capacity > 0) FUZZ_CHECK(std::strlen(text.data()) == std::min(capacity - 1, needed - 1), "%s", text.data());
  }

  Tokens draw_tokens(Scene* scene) {
    Tokens t;
    if (packed_) {
      auto* const cu = scene->indices<std::int64_t>(p_.batch + 1);
      cu[0] = 0;
      for (std::int64_t b = 0; b < p_.batch; ++b) {
        cu[b + 1] = cu[b] + std::min(in_->below(p_.time + 1), tokens_ - cu[b]);
      }
      t.count = cu[p_.batch];
      if (in_->rarely(64)) {
        cu[in_->below(p_.batch + 1)] = in_->pick<std::int64_t>(
            {-1, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()});
        scene->fault = "cu_seqlens";
      }
      t.cu_seqlens = scene->spoil_pointer(cu, 8, true);
    }
    std::int64_t* lengths = nullptr;
    if (p_.use_lengths != 0) {
      lengths = scene->indices<std::int64_t>(p_.batch);
      for (std::int64_t b = 0; b < p_.batch; ++b) lengths[b] = p_.time - in_->below(p_.time + 1);
    }
    if (p_.use_resets != 0) t.resets = draw_resets(scene, t.count, lengths, &t.resets_stride_b);
    if (lengths != nullptr) {
      if (in_->rarely(64)) {
        lengths[in_->below(p_.batch)] =
            in_->pick<std::int64_t>({-1, p_.time + 1, std::numeric_limits<std::int64_t>::max()});
        scene->fault = "lengths";
      }
      t.lengths = scene->spoil_pointer(lengths, 8, true);
    }
    return t;
  }

  const std::uint8_t* draw_resets(Scene* scene, std::int64_t tokens, const std::int64_t* lengths,
                                  std::int64_t* stride) {
    if (packed_) {
      auto* const marks = scene->indices<std::uint8_t>(tokens);
      for (std::int64_t i = 0; i < tokens; ++i) marks[i] = in_->rarely(4) ? in_->byte() : 0;
      return scene->spoil_pointer(marks, 1, true);
    }
    const std::int64_t real_stride = p_.time + in_->below(3);
    auto* const marks = scene->indices<std::uint8_t>((p_.batch - 1) * real_stride + p_.time);
    for (std::int64_t b = 0; b < p_.batch; ++b) {
      for (std::int64_t i = 0; i < p_.time; ++i) {
        const bool inside = lengths == nullptr || i < lengths[b];
        std::uint8_t& mark = marks[b * real_stride + i];
        mark = inside && in_->rarely(4) ? in_->byte() : 0;
        if (!inside && in_->rarely(128)) {
          mark = 1;
          scene->fault = "a mark behind a row's end";
        }
      }
    }
    *stride = real_stride == p_.time && in_->rarely(2) ? 0 : real_stride;
    if (in_->rarely(64)) {
      *stride = in_->pick<std::int64_t>({-1, -p_.time, std::numeric_limits<std::int64_t>::min()});
      scene->fault = "resets_stride_b";
    }
    return scene->spoil_pointer(marks, 1, true);
  }

  [[nodiscard]] Shape gates(const Tokens& t) const {
    Shape s;
    s.batch = packed_ ? 0 : p_.batch;
    s.times = packed_ ? t.count : p_.time;
    s.dense_times = packed_ ? tokens_ : p_.time;
    s.row = cell_.input_gates * units_;
    s.element = element_;
    return s;
  }
  [[nodiscard]] Shape sequence_of(const Tokens& t, flashrnn_sequence which) const {
    Shape s = gates(t);
    s.states = which == FLASHRNN_SEQUENCE_ALL ? cell_.states : 1;
    s.row = units_;
    return s;
  }
  [[nodiscard]] Shape state() const {
    Shape s;
    s.states = cell_.states;
    s.batch = p_.batch;
    s.row = units_;
    s.element = state_element_;
    return s;
  }

  /// R, b, and packed weights that are packed here.
  template <typename Args>
  void weights(Scene* scene, Args* args) {
    const bool packed = in_->rarely(2);
    void* const R = scene->array(cell_.recurrent_gates * units_ * p_.head_dim, element_, Use::kRead, !packed);
    void* const b = scene->array(cell_.biases * units_, element_, Use::kRead, false);
    args->R = R;
    args->b = b;
    if (!packed) return;
    const char* const before = scene->fault;
    void* const into = scene->buffer(sizes_.packed_weights, Use::kRead, &args->packed_weights_size);
    args->packed_weights = into;
    if (into == nullptr && R != nullptr) {  // R is enough; what the call does not get can't be overlapped either
      scene->fault = before;
      scene->forget_last();
    }
    if (R == nullptr || into == nullptr || scene->fault != nullptr) return;
    flashrnn_pack_args pack = pack_args();
    pack.R = R;
    pack.b = b;
    pack.packed = into;
    pack.packed_size = args->packed_weights_size;
    const flashrnn_status status = flashrnn_pack_weights(plan_, &pack);
    FUZZ_CHECK(status == FLASHRNN_SUCCESS, "%s", flashrnn_last_error());
  }

  template <typename Args>
  bool call(const char* function, flashrnn_status (*run)(const flashrnn_plan*, const Args*), const Args& args,
            Scene* scene) {
    const Versioned<Args> versioned(args, in_);
    const char* const fault = versioned.sound ? scene->fault : "struct_size";
    scene->snapshot();
    const flashrnn_status status = run(plan_, versioned.get());
    check_status(status, function);
    if (fault == nullptr) {
      FUZZ_CHECK(status == FLASHRNN_SUCCESS, "%s", flashrnn_last_error());
    } else {
      FUZZ_CHECK(status != FLASHRNN_SUCCESS, "%s succeeded with this fault: %s", function, fault);
    }
    scene->check(status == FLASHRNN_SUCCESS);
    return status == FLASHRNN_SUCCESS;
  }

  void sequence() {
    Scene scene(in_);
    flashrnn_forward_args f = forward_args();
    const Tokens t = draw_tokens(&scene);
    f.lengths = t.lengths;
    f.cu_seqlens = t.cu_seqlens;
    f.resets = t.resets;
    f.resets_stride_b = t.resets_stride_b;
    f.Wx = scene.input(gates(t), true);
    weights(&scene, &f);
    // Final before initial: an output that is laid on other memory is then never a legal in-place state.
    f.final_states = scene.tensor(state(), Use::kWrite, false);
    f.initial_states = scene.input(state(), false);
    if (p_.use_resets != 0) f.reset_states = scene.input(state(), false);
    if (p_.output_sequence != FLASHRNN_SEQUENCE_NONE) {
      f.states = scene.tensor(sequence_of(t, p_.output_sequence), Use::kWrite, true);
    }
    if (p_.training != 0) f.reserve = scene.buffer(sizes_.reserve, Use::kScratch, &f.reserve_size);
    f.workspace = scene.buffer(sizes_.forward_workspace, Use::kScratch, &f.workspace_size);
    if (!call("flashrnn_forward", &flashrnn_forward, f, &scene)) return;
    const std::vector<std::byte> first = scene.outputs();
    FUZZ_CHECK(flashrnn_forward(plan_, &f) == FLASHRNN_SUCCESS, "%s", flashrnn_last_error());
    FUZZ_CHECK(scene.outputs() == first, "the same forward gave other bits");
    if (p_.training != 0) backward(f, t, &scene);
  }

  /// With the forward's own inputs, which must be left alone.
  void backward(const flashrnn_forward_args& f, const Tokens& t, Scene* forward) {
    Scene scene(in_);
    forward->snapshot();
    flashrnn_backward_args a = backward_args();
    if (p_.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE || in_->rarely(2)) a.Wx = f.Wx;
    a.R = f.R;
    a.b = f.b;
    a.packed_weights = f.packed_weights;
    a.packed_weights_size = f.packed_weights_size;
    a.lengths = f.lengths;
    a.cu_seqlens = f.cu_seqlens;
    a.resets = f.resets;
    a.resets_stride_b = f.resets_stride_b;
    if (p_.gradient_sequence != FLASHRNN_SEQUENCE_NONE) {
      a.dstates = scene.input(sequence_of(t, p_.gradient_sequence), false);
    }
    a.dfinal_states = scene.input(state(), false);
    a.dWx = scene.tensor(gates(t), Use::kWrite, false);
    a.dR = static_cast<float*>(
        scene.array(cell_.recurrent_gates * units_ * p_.head_dim, sizeof(float), Use::kWrite, false));
    a.db = static_cast<float*>(scene.array(cell_.biases * units_, sizeof(float), Use::kWrite, false));
    a.accumulate_weight_gradients = in_->rarely(3) ? 1 : 0;
    if (in_->rarely(64)) {
      a.accumulate_weight_gradients = 2;
      scene.fault = "accumulate_weight_gradients";
    }
    a.dinitial_states = scene.tensor(state(), Use::kWrite, false);
    if (p_.use_resets != 0) a.dreset_states = scene.tensor(state(), Use::kWrite, false);
    a.reserve = f.reserve;
    a.reserve_size = f.reserve_size;
    a.workspace = scene.buffer(sizes_.backward_workspace, Use::kScratch, &a.workspace_size);
    const bool succeeded = call("flashrnn_backward", &flashrnn_backward, a, &scene);
    forward->check(false);  // the reserve too
    if (!succeeded || a.accumulate_weight_gradients != 0) return;
    const std::vector<std::byte> first = scene.outputs();
    FUZZ_CHECK(flashrnn_backward(plan_, &a) == FLASHRNN_SUCCESS, "%s", flashrnn_last_error());
    FUZZ_CHECK(scene.outputs() == first, "the same backward gave other bits");
  }

  void step() {
    Scene scene(in_);
    flashrnn_step_args a = step_args();
    Shape Wx;
    Wx.batch = p_.batch;
    Wx.row = cell_.input_gates * units_;
    Wx.element = element_;
    a.Wx = scene.input(Wx, true);
    weights(&scene, &a);
    if (in_->rarely(2)) {
      auto* const marks = scene.indices<std::uint8_t>(p_.batch);
      for (std::int64_t b = 0; b < p_.batch; ++b) marks[b] = in_->rarely(3) ? 1 : 0;
      a.resets = marks;
    }
    a.reset_states = scene.input(state(), false);
    a.states = scene.tensor(state(), Use::kWrite, true);
    Shape output = Wx;
    output.row = units_;
    a.output = scene.tensor(output, Use::kWrite, false);
    a.workspace = scene.buffer(sizes_.step_workspace, Use::kScratch, &a.workspace_size);
    call("flashrnn_step", &flashrnn_step, a, &scene);
  }

  void pack_alone() {
    Scene scene(in_);
    flashrnn_pack_args a = pack_args();
    a.R = scene.array(cell_.recurrent_gates * units_ * p_.head_dim, element_, Use::kRead, true);
    a.b = scene.array(cell_.biases * units_, element_, Use::kRead, false);
    a.packed = scene.buffer(sizes_.packed_weights, Use::kScratch, &a.packed_size);
    call("flashrnn_pack_weights", &flashrnn_pack_weights, a, &scene);
  }

  Bytes* in_;
  flashrnn_problem p_;
  const flashrnn_plan* plan_;
  flashrnn_cell_info cell_;
  flashrnn_sizes sizes_ = FLASHRNN_SIZES_INIT;
  bool packed_ = false;
  std::int64_t tokens_ = 0;
  std::int64_t element_ = 0;
  std::int64_t state_element_ = 0;
  std::int64_t units_ = 0;
};

/// The functions that need no plan.
void query(Bytes* in) {
  char name[12] = {};
  for (std::size_t i = 0; i + 1 < sizeof name; ++i) name[i] = static_cast<char>(in->byte());
  flashrnn_cell_info cell = FLASHRNN_CELL_INFO_INIT;
  check_status(flashrnn_find_cell(name, &cell), "flashrnn_find_cell");
  check_status(flashrnn_get_cell(in->raw<std::int32_t>(), &cell), "flashrnn_get_cell");
  flashrnn_device_info device = FLASHRNN_DEVICE_INFO_INIT;
  check_status(flashrnn_get_device(in->raw<std::int32_t>(), &device), "flashrnn_get_device");
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  options.cpu_isa = in->rarely(2) ? name : nullptr;
  options.num_threads = in->raw<std::int16_t>();
  flashrnn_context* context = nullptr;
  const flashrnn_status status = flashrnn_context_create(in->rarely(2) ? name : "cpu", &options, &context);
  check_status(status, "flashrnn_context_create");
  FUZZ_CHECK((context != nullptr) == (status == FLASHRNN_SUCCESS), "%s", flashrnn_status_name(status));
  flashrnn_context_destroy(context);
}

void run(Bytes in) {
  if (in.rarely(32)) query(&in);
  const auto& all = contexts();
  const Context& context = all[static_cast<std::size_t>(in.below(static_cast<std::int64_t>(all.size())))];
  const Drawn drawn = draw_problem(&in);
  flashrnn_plan* plan = nullptr;
  const flashrnn_status status = flashrnn_plan_create(context.get(), &drawn.problem, &plan);
  check_status(status, "flashrnn_plan_create");
  FUZZ_CHECK((plan != nullptr) == (status == FLASHRNN_SUCCESS), "%s", flashrnn_status_name(status));
  if (drawn.verdict == Verdict::kSound) FUZZ_CHECK(plan != nullptr, "%s", flashrnn_last_error());
  if (drawn.verdict == Verdict::kUnsound) FUZZ_CHECK(plan == nullptr, "a plan of an unsound problem");
  if (plan != nullptr && drawn.verdict == Verdict::kSound) Session(&in, drawn.problem, plan).run();
  flashrnn_plan_destroy(plan);
}

}  // namespace
}  // namespace flashrnn::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flashrnn::fuzz::run(flashrnn::fuzz::Bytes(data, size));
  return 0;
}
