// Which build of a kernel this processor runs.
#pragma once

namespace {

inline bool use_avx2() {
#if defined(RECSYS_MF_DISPATCH)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

}  // namespace
