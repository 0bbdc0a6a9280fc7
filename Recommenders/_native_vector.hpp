// As many floats as a register of the instruction set holds, for loops that keep many of them there.
#pragma once

#include <cstring>

#include "_vector.hpp"

namespace {

#if defined(__AVX2__)
constexpr int NATIVE_LANES = 8;
#else
constexpr int NATIVE_LANES = 4;
#endif

#if defined(VECTOR_TYPES)

typedef float NativeVector __attribute__((vector_size(NATIVE_LANES * sizeof(float))));

#else

struct NativeVector {
    float lanes[NATIVE_LANES];
    float operator[](int lane) const { return lanes[lane]; }
};

#endif

inline NativeVector load(const float* values) {
    NativeVector result;
    std::memcpy(&result, values, sizeof result);
    return result;
}

// sums += factor * values
inline void add_product(NativeVector& sums, float factor, NativeVector values) {
#if defined(VECTOR_TYPES)
    sums += factor * values;
#else
    for (int lane = 0; lane < NATIVE_LANES; ++lane) sums.lanes[lane] += factor * values.lanes[lane];
#endif
}

// values += value, in every lane
inline void add(NativeVector& values, float value) {
#if defined(VECTOR_TYPES)
    values += value;
#else
    for (int lane = 0; lane < NATIVE_LANES; ++lane) values.lanes[lane] += value;
#endif
}

// Whether any lane is >= threshold.
inline bool any_at_least(NativeVector values, float threshold) {
#if defined(VECTOR_TYPES) && defined(__AVX2__)
    return _mm256_movemask_ps(_mm256_cmp_ps(values, _mm256_set1_ps(threshold), _CMP_GE_OQ)) != 0;
#elif defined(VECTOR_TYPES)
    typedef long long Halves __attribute__((vector_size(NATIVE_LANES * sizeof(float))));
    const Halves hits = (Halves) (values >= threshold);
    return (hits[0] | hits[1]) != 0;
#else
    bool any = false;
    for (int lane = 0; lane < NATIVE_LANES; ++lane) any |= values[lane] >= threshold;
    return any;
#endif
}

}  // namespace
