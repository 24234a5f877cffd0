// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// Stackful coroutines of one thread, switched in a few instructions. Floating point control words are not switched:
/// kernels do not change them.
namespace flashrnn::simt {

/// The memory of one fiber, below it a page that faults. From a cache of the calling thread.
struct FiberStack {
  std::byte* low = nullptr;
  std::size_t size = 0;
  void* thread_sanitizer_fiber = nullptr;
  /// Bytes left free at the top, another number for each stack: else the busy ends of all stacks share one set of the
  /// cache.
  std::size_t colour = 0;
};

class Fiber {
 public:
  /// Default: the thread's own stack, which is what the first switch comes from.
  Fiber() = default;
  /// Runs `entry`, which never returns, at the first switch. The stack is given back by the destructor, whatever is on
  /// it: what is there is not unwound.
  explicit Fiber(void (*entry)());
  Fiber(Fiber&& other) noexcept;
  Fiber& operator=(Fiber&& other) noexcept;
  ~Fiber();

  /// Goes on in `to`; comes back when somebody switches to this fiber. `from` is the fiber that runs now.
  static void switch_to(Fiber& from, Fiber& to);
  /// The same for a fiber that nobody will switch to again.
  [[noreturn]] static void leave_to(Fiber& from, Fiber& to);
  /// The first thing that `entry` does.
  static void entered();

 private:
  void* stack_pointer_ = nullptr;
  FiberStack stack_;
  bool owns_stack_ = false;
  void* fake_stack_ = nullptr;  // AddressSanitizer's
};

}  // namespace flashrnn::simt
