# SPDX-License-Identifier: Apache-2.0
# cmake -DPROGRAM=... -DSEEDS=... -DFOUND=... -P run_fuzzer.cmake: the ctest side of flashrnn_add_fuzz_target.
set(seconds 60)
if(DEFINED ENV{FLASHRNN_FUZZ_SECONDS})
  set(seconds $ENV{FLASHRNN_FUZZ_SECONDS})
endif()
file(MAKE_DIRECTORY ${FOUND})
set(folders ${FOUND})
if(IS_DIRECTORY ${SEEDS})
  list(APPEND folders ${SEEDS})
endif()
execute_process(
  COMMAND ${PROGRAM} -max_total_time=${seconds} -timeout=20 -print_final_stats=1 -verbosity=1
          -artifact_prefix=${FOUND}/../ ${folders}
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} found a fault (exit ${result}); the input is beside ${FOUND}, run the program on it again.")
endif()
