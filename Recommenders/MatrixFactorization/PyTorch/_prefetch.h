/* Asking the processor for memory that will be read soon; nothing where the compiler has no way to say it. */
#pragma once

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void) (address))
#endif
