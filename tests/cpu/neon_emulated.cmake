# SPDX-License-Identifier: Apache-2.0
# Builds the kernels' and the cells' tests for AArch64, without oneTBB, and runs them on the emulator.
# xsimd is headers only and those of this machine serve; they come last, behind the cross compiler's own.
execute_process(
  COMMAND
    ${CXX} -std=c++20 -O1 -ffp-contract=off -static -I${SOURCE} -I${SOURCE}/src -I${SOURCE}/include -I${GTEST}/include
    -I${GTEST} -idirafter /usr/include ${SOURCE}/src/backend_cpu/simd/neon.cpp ${SOURCE}/src/backend_cpu/simd/isa.cpp
    ${SOURCE}/tests/cpu/gemm_test.cpp ${SOURCE}/tests/cpu/dtype_test.cpp ${SOURCE}/tests/cell/math_test.cpp
    ${SOURCE}/tests/cell/derived_test.cpp ${GTEST}/src/gtest-all.cc ${GTEST}/src/gtest_main.cc -o ${PROGRAM}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${QEMU} ${PROGRAM} --gtest_brief=1 COMMAND_ERROR_IS_FATAL ANY)
