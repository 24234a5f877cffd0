// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace flashrnn::bench {

// One function per instruction set; each file is compiled with its own flags and called only where the CPU has them.
// Their files include nothing else: an inline function compiled with such flags could end up in the whole program.

/// Runs `rounds` rounds of independent multiply-adds in registers; returns the floating-point operations done.
/// `scale` and `shift` come from the caller so that the compiler cannot fold the chain; *sink keeps it alive.
double fma_baseline(int64_t rounds, float scale, float shift, float* sink);
double fma_avx2(int64_t rounds, float scale, float shift, float* sink);
double fma_avx512(int64_t rounds, float scale, float shift, float* sink);
/// The same with pairs of bf16 accumulated in fp32 (vdpbf16ps).
double dot_bf16_avx512(int64_t rounds, float* sink);

/// Reads `bytes` (a multiple of 1024, aligned to 64) once, front to back.
void read_baseline(const void* data, size_t bytes, float* sink);
void read_avx2(const void* data, size_t bytes, float* sink);
void read_avx512(const void* data, size_t bytes, float* sink);

}  // namespace flashrnn::bench
