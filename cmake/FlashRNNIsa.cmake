# SPDX-License-Identifier: Apache-2.0
# The instruction sets that the CPU backend is built for: the library's own kernels, and cells added by users.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(FLASHRNN_ISAS baseline avx2 avx512)
  set(FLASHRNN_ISA_ARCH_baseline xsimd::sse2)
  set(FLASHRNN_ISA_FLAGS_baseline "")
  set(FLASHRNN_ISA_ARCH_avx2 "xsimd::fma3<xsimd::avx2>")
  set(FLASHRNN_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c)
  set(FLASHRNN_ISA_ARCH_avx512 xsimd::avx512bw)
  set(FLASHRNN_ISA_FLAGS_avx512 ${FLASHRNN_ISA_FLAGS_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd)
  # BF16 dot products change products, not cells: these run AVX-512's kernels.
  set(FLASHRNN_ISA_FLAGS_avx512_bf16 ${FLASHRNN_ISA_FLAGS_avx512} -mavx512bf16)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  set(FLASHRNN_ISAS neon)
  set(FLASHRNN_ISA_ARCH_neon xsimd::neon64)
  set(FLASHRNN_ISA_FLAGS_neon "")
else()
  message(FATAL_ERROR "FlashRNN has no CPU kernels for ${CMAKE_SYSTEM_PROCESSOR}; it knows x86-64 and AArch64.")
endif()

# Fewer of them compile sooner: for embedding the library in a program that will run on known processors. The first is always
# built.
set(FLASHRNN_CPU_ISAS
    "${FLASHRNN_ISAS}"
    CACHE STRING "Instruction sets of the CPU kernels, of: ${FLASHRNN_ISAS}")
foreach(isa IN LISTS FLASHRNN_CPU_ISAS)
  if(NOT isa IN_LIST FLASHRNN_ISAS)
    message(FATAL_ERROR "FLASHRNN_CPU_ISAS names ${isa}; this processor family has: ${FLASHRNN_ISAS}")
  endif()
endforeach()
set(FLASHRNN_ISAS_LEFT_OUT ${FLASHRNN_ISAS})
list(POP_FRONT FLASHRNN_ISAS_LEFT_OUT first)
list(REMOVE_ITEM FLASHRNN_ISAS_LEFT_OUT ${FLASHRNN_CPU_ISAS})
list(REMOVE_ITEM FLASHRNN_ISAS ${FLASHRNN_ISAS_LEFT_OUT})

# Kernels are optimised in every build type but Debug: at -O2 and below the tiles would not stay in registers. Checks on
# every unrolled access would make -O3 take minutes a file; and intrinsics take pointers that promise more alignment than
# they need. GCC 12 takes the undefined parts that its own AVX-512 intrinsics start from for mistakes.
# -ffp-contract=off: a compiler that fuses products and sums as it likes may do so differently in two copies of one loop,
# and the same rows would give other bits in another split. What is to be fused says fma.
set(FLASHRNN_ISA_COMMON_FLAGS $<$<NOT:$<CONFIG:Debug>>:-O3> -ffp-contract=off
                              $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(FLASHRNN_SANITIZE)
  set(FLASHRNN_ISA_COMMON_FLAGS -O1 -ffp-contract=off $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(FLASHRNN_SANITIZE MATCHES "undefined")
    list(APPEND FLASHRNN_ISA_COMMON_FLAGS -fno-sanitize=null,alignment,object-size)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND FLASHRNN_SANITIZE MATCHES "address")
    # Checks by calls, and no counters for the fuzzer: the unrolled tiles compile in two thirds of the time.
    list(APPEND FLASHRNN_ISA_COMMON_FLAGS -mllvm -asan-instrumentation-with-call-threshold=0 -fno-sanitize=fuzzer-no-link)
  endif()
endif()
