// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define FLASHRNN_FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define FLASHRNN_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLASHRNN_FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define FLASHRNN_FIBER_TSAN 1
#endif
#endif
#if defined(FLASHRNN_FIBER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(FLASHRNN_FIBER_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

// void flashrnn_simt_switch(void** saved, void* next): saves what a call preserves on the stack, stores the stack
// pointer in *saved and takes up the one that another switch (or Fiber's constructor) left.
extern "C" void flashrnn_simt_switch(void** saved, void* next);

#if defined(__x86_64__)
asm(R"(
  .text
  .hidden flashrnn_simt_switch
  .globl flashrnn_simt_switch
  .type flashrnn_simt_switch, @function
  .p2align 4
flashrnn_simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size flashrnn_simt_switch, . - flashrnn_simt_switch
)");
#elif defined(__aarch64__)
asm(R"(
  .text
  .hidden flashrnn_simt_switch
  .globl flashrnn_simt_switch
  .type flashrnn_simt_switch, %function
  .p2align 4
flashrnn_simt_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .size flashrnn_simt_switch, . - flashrnn_simt_switch
)");
#else
#error "The host emulation switches stacks on x86-64 and AArch64 only."
#endif

namespace flashrnn::simt {
namespace {

#if defined(FLASHRNN_FIBER_ASAN) || defined(FLASHRNN_FIBER_TSAN)
constexpr std::size_t kStackBytes = std::size_t{512} << 10;
#else
constexpr std::size_t kStackBytes = std::size_t{192} << 10;  // of which the kernel commits the pages that are touched
#endif

class StackCache {
 public:
  ~StackCache() {
    for (const FiberStack& stack : free_) {
#if defined(FLASHRNN_FIBER_TSAN)
      __tsan_destroy_fiber(stack.thread_sanitizer_fiber);
#endif
      munmap(stack.low - page(), stack.size + page());
    }
  }
  FiberStack take() {
    if (!free_.empty()) {
      const FiberStack stack = free_.back();
      free_.pop_back();
#if defined(FLASHRNN_FIBER_ASAN)
      __asan_unpoison_memory_region(stack.low, stack.size);  // frames that were never left
#endif
      return stack;
    }
    void* memory = mmap(nullptr, kStackBytes + page(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    if (mprotect(memory, page(), PROT_NONE) != 0) {
      munmap(memory, kStackBytes + page());
      throw std::bad_alloc();
    }
    FiberStack stack{static_cast<std::byte*>(memory) + page(), kStackBytes, nullptr, 0};
    stack.colour = made_++ % kColours * kCacheLine;
#if defined(FLASHRNN_FIBER_TSAN)
    stack.thread_sanitizer_fiber = __tsan_create_fiber(0);
#endif
    return stack;
  }
  void give_back(const FiberStack& stack) { free_.push_back(stack); }

 private:
  static std::size_t page() {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
  }
  static constexpr std::size_t kCacheLine = 64;
  static constexpr std::size_t kColours = 64;
  std::vector<FiberStack> free_;
  std::size_t made_ = 0;
};

StackCache& stack_cache() {
  thread_local StackCache cache;
  return cache;
}

// The fiber that the running switch comes from: what was entered looks at it.
thread_local Fiber* switching_from = nullptr;

}  // namespace

Fiber::Fiber(void (*entry)()) : stack_(stack_cache().take()), owns_stack_(true) {
  auto* top = reinterpret_cast<void**>(stack_.low + stack_.size - stack_.colour);
#if defined(__x86_64__)
  // Six registers, the entry as return address, and a slot that leaves the stack as a call would: 8 off 16.
  constexpr int kSlots = 8;
  top -= kSlots;
  std::memset(top, 0, kSlots * sizeof(void*));
  top[6] = reinterpret_cast<void*>(entry);
#else
  constexpr int kSlots = 20;
  top -= kSlots;
  std::memset(top, 0, kSlots * sizeof(void*));
  top[11] = reinterpret_cast<void*>(entry);
#endif
  stack_pointer_ = top;
}

Fiber::Fiber(Fiber&& other) noexcept { *this = std::move(other); }

Fiber& Fiber::operator=(Fiber&& other) noexcept {
  std::swap(stack_pointer_, other.stack_pointer_);
  std::swap(stack_, other.stack_);
  std::swap(owns_stack_, other.owns_stack_);
  std::swap(fake_stack_, other.fake_stack_);
  return *this;
}

Fiber::~Fiber() {
  if (owns_stack_) stack_cache().give_back(stack_);
}

void Fiber::switch_to(Fiber& from, Fiber& to) {
  switching_from = &from;
#if defined(FLASHRNN_FIBER_ASAN)
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_.low, to.stack_.size);
#elif defined(FLASHRNN_FIBER_TSAN)
  // The thread's own fiber is known to the sanitizer once it runs.
  if (from.stack_.thread_sanitizer_fiber == nullptr) {
    from.stack_.thread_sanitizer_fiber = __tsan_get_current_fiber();
  }
  __tsan_switch_to_fiber(to.stack_.thread_sanitizer_fiber, 0);
#endif
  flashrnn_simt_switch(&from.stack_pointer_, to.stack_pointer_);
#if defined(FLASHRNN_FIBER_ASAN)
  __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::leave_to(Fiber& from, Fiber& to) {
  switching_from = &from;
#if defined(FLASHRNN_FIBER_ASAN)
  __sanitizer_start_switch_fiber(nullptr, to.stack_.low, to.stack_.size);
#elif defined(FLASHRNN_FIBER_TSAN)
  __tsan_switch_to_fiber(to.stack_.thread_sanitizer_fiber, 0);
#endif
  flashrnn_simt_switch(&from.stack_pointer_, to.stack_pointer_);
  __builtin_unreachable();
}

void Fiber::entered() {
#if defined(FLASHRNN_FIBER_ASAN)
  const void* low = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &low, &size);
  // The thread's own stack is not known before it is left for the first time.
  if (switching_from->stack_.low == nullptr) {
    switching_from->stack_.low = static_cast<std::byte*>(const_cast<void*>(low));
    switching_from->stack_.size = size;
  }
#endif
}

}  // namespace flashrnn::simt
