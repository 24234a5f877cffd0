# SPDX-License-Identifier: Apache-2.0
include(CMakePackageConfigHelpers)

set(FLASHRNN_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/FlashRNN)

install(
  TARGETS flashrnn constrint
  EXPORT FlashRNNTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET constrint_tool)
  install(TARGETS constrint_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/flashrnn ${PROJECT_SOURCE_DIR}/solver/include/constrint
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(EXPORT FlashRNNTargets NAMESPACE FlashRNN:: DESTINATION ${FLASHRNN_CMAKE_DIR})

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/FlashRNNConfig.cmake.in ${PROJECT_BINARY_DIR}/FlashRNNConfig.cmake
  INSTALL_DESTINATION ${FLASHRNN_CMAKE_DIR})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/FlashRNNConfigVersion.cmake
  VERSION ${PROJECT_VERSION}
  COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/FlashRNNConfig.cmake ${PROJECT_BINARY_DIR}/FlashRNNConfigVersion.cmake
        DESTINATION ${FLASHRNN_CMAKE_DIR})
# What a consumer may call: the config includes each of these that is there.
foreach(module IN ITEMS FlashRNNAddCell FlashRNNIsa)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/${module}.cmake DESTINATION ${FLASHRNN_CMAKE_DIR} OPTIONAL)
endforeach()

# The headers that a cell of one's own is built with.
set(FLASHRNN_INTERNAL_DIR ${CMAKE_INSTALL_INCLUDEDIR}/flashrnn/internal)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/common/cell DESTINATION ${FLASHRNN_INTERNAL_DIR}/common
        FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/src/common/gpu/cell_source.hpp DESTINATION ${FLASHRNN_INTERNAL_DIR}/common/gpu)
install(FILES ${PROJECT_SOURCE_DIR}/src/common/runtime/cell_registry.hpp ${PROJECT_SOURCE_DIR}/src/common/runtime/status.hpp
        DESTINATION ${FLASHRNN_INTERNAL_DIR}/common/runtime)
foreach(header IN ITEMS batch_ops cpu_cell dtype_batch fused isa kernel_args pointwise)
  install(FILES ${PROJECT_SOURCE_DIR}/src/backend_cpu/simd/${header}.hpp
          DESTINATION ${FLASHRNN_INTERNAL_DIR}/backend_cpu/simd)
endforeach()

# A static archive needs what the shared library has inside.
if(BUILD_SHARED_LIBS)
  set(FLASHRNN_PC_REQUIRES_PRIVATE "")
  set(FLASHRNN_PC_LIBS_PRIVATE "")
  set(FLASHRNN_PC_CFLAGS "")
else()
  set(FLASHRNN_PC_REQUIRES_PRIVATE "Requires.private: tbb")
  set(FLASHRNN_PC_LIBS_PRIVATE "Libs.private: -lstdc++ -lm -lpthread")
  set(FLASHRNN_PC_CFLAGS " -DFLASHRNN_STATIC")
endif()
# The prefix is relative to the file, so that an installed tree can be moved; folders may be absolute paths.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(FLASHRNN_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH FLASHRNN_PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(PREPEND FLASHRNN_PC_PREFIX "\${pcfiledir}/")
  string(REGEX REPLACE "/$" "" FLASHRNN_PC_PREFIX "${FLASHRNN_PC_PREFIX}")
endif()
cmake_path(APPEND FLASHRNN_PC_LIBDIR "\${prefix}" "${CMAKE_INSTALL_LIBDIR}")
cmake_path(APPEND FLASHRNN_PC_INCLUDEDIR "\${prefix}" "${CMAKE_INSTALL_INCLUDEDIR}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/flashrnn.pc.in ${PROJECT_BINARY_DIR}/flashrnn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/flashrnn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
