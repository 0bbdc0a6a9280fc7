/* Hints that GCC and clang take and the languages' standards lack; other compilers get nothing. */
#pragma once

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#else
#define PREFETCH(address) ((void) (address))
#define UNLIKELY(condition) (condition)
#define ALWAYS_INLINE inline
#define UNROLL
#endif
