// The choice between the builds of a kernel: whether the processor has AVX2 and FMA.
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
