# SPDX-License-Identifier: Apache-2.0

option(FLASHRNN_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(FLASHRNN_BUILD_TOOLS "Build the command line tools" ${PROJECT_IS_TOP_LEVEL})
option(FLASHRNN_BUILD_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(FLASHRNN_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(FLASHRNN_BUILD_FUZZERS "Build the fuzz targets (clang only, with FLASHRNN_SANITIZE=address,undefined)" OFF)
option(FLASHRNN_INSTALL "Make the install rules" ${PROJECT_IS_TOP_LEVEL})
option(FLASHRNN_WERROR "Treat warnings as errors (has no effect inside another project)" OFF)
option(FLASHRNN_COMPILE_TOGETHER "Compile several sources in one run of the compiler where their headers take the time" OFF)
set(FLASHRNN_SANITIZE "" CACHE STRING "Sanitizers for the whole build: empty, 'address,undefined' or 'thread'")

# A consumer that adds this project keeps its own choice between shared and static, and CMake's default (static).
if(PROJECT_IS_TOP_LEVEL)
  option(BUILD_SHARED_LIBS "Build flashrnn as a shared library" ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
endif()
