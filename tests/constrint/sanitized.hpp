// SPDX-License-Identifier: Apache-2.0
#pragma once

/// CONSTRINT_TEST_SANITIZED: a sanitizer watches, so everything takes five to twenty times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONSTRINT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define CONSTRINT_TEST_SANITIZED 1
#endif
#endif
