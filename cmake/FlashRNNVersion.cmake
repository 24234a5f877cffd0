# SPDX-License-Identifier: Apache-2.0

# Sets `result` to "major.minor.patch" as the C header defines them: the header is the one place where the version stands.
function(flashrnn_read_version header result)
  # A changed version must reach the library's name, its SOVERSION and the packages: configure again then.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
  file(STRINGS "${header}" lines REGEX "^#define FLASHRNN_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
  foreach(part IN ITEMS MAJOR MINOR PATCH)
    set(value ${lines})
    list(FILTER value INCLUDE REGEX "_${part} ")
    if(NOT value MATCHES "^#define FLASHRNN_VERSION_${part} ([0-9]+)$")
      message(FATAL_ERROR "${header} has to define FLASHRNN_VERSION_${part} once, as a decimal number.")
    endif()
    set(${part} ${CMAKE_MATCH_1})
  endforeach()
  set(${result} "${MAJOR}.${MINOR}.${PATCH}" PARENT_SCOPE)
endfunction()
