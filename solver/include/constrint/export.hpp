// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the shared library shows. CONSTRINT_STATIC: for users of the static one (CMake sets it).
#if defined(CONSTRINT_STATIC) || !defined(__GNUC__)
#define CONSTRINT_EXPORT
#else
#define CONSTRINT_EXPORT __attribute__((visibility("default")))
#endif
