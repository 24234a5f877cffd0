// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The cell headers compile in four worlds: host C++, CUDA (NVRTC), HIP (hipRTC) and the host emulation of GPUs. They
/// include nothing outside this folder, no standard header among them.
#if defined(__CUDACC__) || defined(__HIPCC__)
#define FLASHRNN_CELL_FN __host__ __device__ __forceinline__
#elif defined(__GNUC__)
#define FLASHRNN_CELL_FN inline __attribute__((always_inline))
#else
#define FLASHRNN_CELL_FN inline
#endif
