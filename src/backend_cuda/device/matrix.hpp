// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cuda/device/shared_pointer.hpp"
#include "common/device/tile.hpp"
#include "common/device/tile_mma_sync.hpp"

/// Matrix products of a warp, and the loads and stores that know their layouts.
namespace flashrnn::cuda {

using device::Vec;

template <class T>
inline constexpr bool kHasMatrixInstruction = false;
template <>
inline constexpr bool kHasMatrixInstruction<device::MmaSyncM16N8K16<device::Bf16>> = true;
template <>
inline constexpr bool kHasMatrixInstruction<device::MmaSyncM16N8K16<device::Fp16>> = true;
template <>
inline constexpr bool kHasMatrixInstruction<device::MmaSyncM16N8K8Tf32> = true;

struct MatrixFunctions {
  static constexpr bool kHasLdmatrix = true;
  static constexpr bool kHasStmatrix = __CUDA_ARCH__ >= 900;

  template <class Input>
  FLASHRNN_DEVICE_FN void mma(device::Accumulator<device::MmaSyncM16N8K16<Input>>& c,
                              const device::OperandA<device::MmaSyncM16N8K16<Input>>& a,
                              const device::OperandB<device::MmaSyncM16N8K16<Input>>& b) {
    if constexpr (device::kSame<Input, device::Bf16>) {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
          : "+f"(c.v[0]), "+f"(c.v[1]), "+f"(c.v[2]), "+f"(c.v[3])
          : "r"(a.reg[0]), "r"(a.reg[1]), "r"(a.reg[2]), "r"(a.reg[3]), "r"(b.reg[0]), "r"(b.reg[1]));
    } else {
      asm volatile(
          "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
          : "+f"(c.v[0]), "+f"(c.v[1]), "+f"(c.v[2]), "+f"(c.v[3])
          : "r"(a.reg[0]), "r"(a.reg[1]), "r"(a.reg[2]), "r"(a.reg[3]), "r"(b.reg[0]), "r"(b.reg[1]));
    }
  }
  FLASHRNN_DEVICE_FN void mma(device::Accumulator<device::MmaSyncM16N8K8Tf32>& c,
                              const device::OperandA<device::MmaSyncM16N8K8Tf32>& a,
                              const device::OperandB<device::MmaSyncM16N8K8Tf32>& b) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c.v[0]), "+f"(c.v[1]), "+f"(c.v[2]), "+f"(c.v[3])
        : "r"(a.reg[0]), "r"(a.reg[1]), "r"(a.reg[2]), "r"(a.reg[3]), "r"(b.reg[0]), "r"(b.reg[1]));
  }

  template <int Count, bool Transposed, class T>
  FLASHRNN_DEVICE_FN Vec<Uint32, Count> ldmatrix(SharedPointer<T> row) {
    static_assert(sizeof(T) == 2, "ldmatrix moves 16-bit elements.");
    static_assert(Count == 1 || Count == 2 || Count == 4, "ldmatrix loads 1, 2 or 4 matrices.");
    Vec<Uint32, Count> r;
    if constexpr (Count == 1 && !Transposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r[0]) : "r"(row.address()) : "memory");
    } else if constexpr (Count == 1) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
                   : "=r"(r[0])
                   : "r"(row.address())
                   : "memory");
    } else if constexpr (Count == 2 && !Transposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                   : "=r"(r[0]), "=r"(r[1])
                   : "r"(row.address())
                   : "memory");
    } else if constexpr (Count == 2) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                   : "=r"(r[0]), "=r"(r[1])
                   : "r"(row.address())
                   : "memory");
    } else if constexpr (!Transposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                   : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                   : "r"(row.address())
                   : "memory");
    } else {
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                   : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                   : "r"(row.address())
                   : "memory");
    }
    return r;
  }

  template <int Count, bool Transposed, class T>
  FLASHRNN_DEVICE_FN void stmatrix(SharedPointer<T> row, const Vec<Uint32, Count>& r) {
    static_assert(sizeof(T) == 2, "stmatrix moves 16-bit elements.");
    static_assert(Count == 1 || Count == 2 || Count == 4, "stmatrix stores 1, 2 or 4 matrices.");
    if constexpr (Count == 1 && !Transposed) {
      asm volatile("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};" ::"r"(row.address()), "r"(r[0]) : "memory");
    } else if constexpr (Count == 1) {
      asm volatile("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(row.address()), "r"(r[0])
                   : "memory");
    } else if constexpr (Count == 2 && !Transposed) {
      asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1,%2};" ::"r"(row.address()), "r"(r[0]), "r"(r[1])
                   : "memory");
    } else if constexpr (Count == 2) {
      asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1,%2};" ::"r"(row.address()), "r"(r[0]),
                   "r"(r[1])
                   : "memory");
    } else if constexpr (!Transposed) {
      asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(row.address()), "r"(r[0]),
                   "r"(r[1]), "r"(r[2]), "r"(r[3])
                   : "memory");
    } else {
      asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(row.address()),
                   "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
                   : "memory");
    }
  }
};

}  // namespace flashrnn::cuda
