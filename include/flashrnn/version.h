/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where the version stands: CMake and pkg-config read it from here. */
#ifndef FLASHRNN_VERSION_H
#define FLASHRNN_VERSION_H

#define FLASHRNN_VERSION_MAJOR 0
#define FLASHRNN_VERSION_MINOR 1
#define FLASHRNN_VERSION_PATCH 0

#endif
