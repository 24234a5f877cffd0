// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The cell headers compile in four worlds: host C++, CUDA (NVRTC), HIP (hipRTC) and the host emulation of GPUs. They
/// include nothing outside this folder, no standard header among them.
#if defined(__CUDACC__)
#define FLASHRNN_CELL_FN __host__ __device__ __forceinline__
#elif defined(__HIP__)
#define FLASHRNN_CELL_FN __attribute__((host, device, always_inline)) inline
#elif defined(__GNUC__)
#define FLASHRNN_CELL_FN inline __attribute__((always_inline))
#else
#define FLASHRNN_CELL_FN inline
#endif

/// Where the code is for a GPU, the functions of its lanes are used.
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
#define FLASHRNN_CELL_ON_GPU
#endif
