// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/crew.hpp"

#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// oneTBB hands a task from thread to thread by means that the thread sanitizer, which sees instrumented code alone,
// does not know of.
#if defined(__SANITIZE_THREAD__)
#define FLASHRNN_TSAN 1
#elif defined(__clang__)
#if __has_feature(thread_sanitizer)
#define FLASHRNN_TSAN 1
#endif
#endif
#if defined(FLASHRNN_TSAN)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#define FLASHRNN_TSAN_ACQUIRE(address) __tsan_acquire(address)
#define FLASHRNN_TSAN_RELEASE(address) __tsan_release(address)
#define FLASHRNN_TSAN_IGNORE __attribute__((no_sanitize("thread")))
#else
#define FLASHRNN_TSAN_ACQUIRE(address) static_cast<void>(address)
#define FLASHRNN_TSAN_RELEASE(address) static_cast<void>(address)
#define FLASHRNN_TSAN_IGNORE
#endif

namespace flashrnn::cpu {
namespace {

/// Waits a little; after a while gives the core away, so that a preempted partner can run.
class Spin {
 public:
  void wait() {
    if (++count_ < kBeforeYield) {
#if defined(__x86_64__)
      _mm_pause();
#elif defined(__aarch64__)
      asm volatile("yield");
#endif
    } else {
      std::this_thread::yield();
    }
  }

 private:
  static constexpr int kBeforeYield = 4000;
  int count_ = 0;
};

constexpr std::uint64_t next_epoch(std::uint64_t job) { return ((job >> 16) + 1) << 16; }

}  // namespace

Crew::Crew(int max_members) : max_members_(max_members) {
  FLASHRNN_TSAN_RELEASE(this);
  for (int i = 1; i < max_members_; ++i) tasks_.run([this]() FLASHRNN_TSAN_IGNORE { enter(); });
}

Crew::~Crew() {
  if (max_members_ == 1) return;
  job_.store(kStop, std::memory_order_release);
  tasks_.wait();
  FLASHRNN_TSAN_ACQUIRE(this);
}

void Crew::run_open(Function function, void* work) {
  function_ = function;
  work_ = work;
  const std::uint64_t epoch = next_epoch(job_.load(std::memory_order_relaxed));
  job_.store(epoch | kOpen, std::memory_order_seq_cst);
  function(work, 0, 1);
  // Close, then wait for those inside. A member enters (busy) before it looks at the word again: either it sees the
  // word closed, or this thread sees it busy.
  job_.store(next_epoch(epoch), std::memory_order_seq_cst);
  Spin spin;
  while (busy_.load(std::memory_order_seq_cst) != 0) spin.wait();
}

void Crew::run_split(Function function, void* work) {
  const int parts = joined_.load(std::memory_order_acquire);
  if (parts == 1) {
    function(work, 0, 1);
    return;
  }
  function_ = function;
  work_ = work;
  // Added, not stored: a member that came too late for an open job may be on its way out.
  busy_.fetch_add(parts - 1, std::memory_order_relaxed);
  const std::uint64_t epoch = next_epoch(job_.load(std::memory_order_relaxed));
  job_.store(epoch | static_cast<std::uint64_t>(parts), std::memory_order_release);
  function(work, 0, parts);
  Spin spin;
  while (busy_.load(std::memory_order_acquire) != 0) spin.wait();
}

void Crew::enter() {
  FLASHRNN_TSAN_ACQUIRE(this);
  serve();
  FLASHRNN_TSAN_RELEASE(this);
}

void Crew::serve() {
  if (job_.load(std::memory_order_acquire) == kStop) return;
  const int id = joined_.fetch_add(1, std::memory_order_acq_rel);
  std::uint64_t seen = 0;
  Spin spin;
  for (;;) {
    const std::uint64_t job = job_.load(std::memory_order_acquire);
    if (job == seen) {
      spin.wait();
      continue;
    }
    if (job == kStop) return;
    seen = job;
    spin = Spin();
    const std::uint64_t takers = job & 0xFFFF;
    if (takers == kOpen) {
      busy_.fetch_add(1, std::memory_order_seq_cst);
      if (job_.load(std::memory_order_seq_cst) == job) function_(work_, id, 1);
      busy_.fetch_sub(1, std::memory_order_seq_cst);
    } else if (static_cast<std::uint64_t>(id) < takers) {
      function_(work_, id, static_cast<int>(takers));
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }
}

}  // namespace flashrnn::cpu
