# SPDX-License-Identifier: Apache-2.0
# Builds the emulation and some of its tests for AArch64, whose switch of stacks is its own, and runs them on an emulated
# processor.
file(GLOB emulation ${SOURCE}/src/backend_cpu/simt/*.cpp)
execute_process(
  COMMAND
    ${CXX} -std=c++20 -O1 -DNDEBUG -static -I${SOURCE} -I${SOURCE}/src -I${SOURCE}/include -I${GTEST}/include -I${GTEST}
    -I${GMOCK}/include -I${GMOCK} ${emulation} ${SOURCE}/tests/simt/bad_cluster_test.cpp
    ${SOURCE}/tests/simt/good_exchange_test.cpp ${GTEST}/src/gtest-all.cc ${GMOCK}/src/gmock-all.cc
    ${GTEST}/src/gtest_main.cc -o ${PROGRAM}
    COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${QEMU} ${PROGRAM} --gtest_brief=1 COMMAND_ERROR_IS_FATAL ANY)
