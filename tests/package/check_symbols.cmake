# SPDX-License-Identifier: Apache-2.0
# cmake -DNM=... -DLIBRARY=... -DLIST=... -P check_symbols.cmake
# The dynamic symbols that the library defines, with their version, are exactly those in the list. -DKINDS=T: of these
# kinds only, as nm names them.
if(NOT KINDS)
  set(KINDS "[^A]") # absolute symbols are the version nodes themselves
endif()
execute_process(
  COMMAND ${NM} --dynamic --defined-only --format=posix ${LIBRARY}
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${output}")
set(found "")
foreach(line IN LISTS lines)
  if(line MATCHES "^([^ ]+) (${KINDS}) ")
    list(APPEND found ${CMAKE_MATCH_1})
  endif()
endforeach()
file(STRINGS ${LIST} expected REGEX "^[^#]")

set(missing ${expected})
list(REMOVE_ITEM missing ${found})
set(extra ${found})
list(REMOVE_ITEM extra ${expected})
if(missing OR extra)
  message(FATAL_ERROR "the exported symbols differ from ${LIST}\n missing: ${missing}\n not in the list: ${extra}")
endif()
