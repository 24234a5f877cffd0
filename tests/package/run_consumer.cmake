# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=... -DBUILD=... -DPREFIX=... -DPROGRAMS=a,b -DOPTIONS=-Dx=y,... -P run_consumer.cmake
# Configures SOURCE afresh, builds it and runs its programs. With -DINSTALL_TO=... the build is installed as well.
string(REPLACE "," ";" OPTIONS "${OPTIONS}")
string(REPLACE "," ";" PROGRAMS "${PROGRAMS}")
# The build folder of a consumer is kept only where compiling it again would take long.
if(NOT KEEP)
  file(REMOVE_RECURSE "${BUILD}")
endif()
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -G ${GENERATOR} ${OPTIONS} --no-warn-unused-cli COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} COMMAND_ERROR_IS_FATAL ANY)
foreach(program IN LISTS PROGRAMS)
  execute_process(COMMAND ${BUILD}/${program} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(INSTALL_TO)
  file(REMOVE_RECURSE "${INSTALL_TO}")
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${INSTALL_TO} COMMAND_ERROR_IS_FATAL ANY)
endif()
