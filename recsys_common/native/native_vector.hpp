// Vectors of as many floats as a register of the instruction set holds, for loops that keep many of them in registers.
#pragma once

#include <cstring>

#include "vector.hpp"

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

// The lanes that are >= threshold, one bit for each.
inline unsigned lanes_at_least(NativeVector values, float threshold) {
#if defined(VECTOR_TYPES) && defined(__AVX2__)
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(values, _mm256_set1_ps(threshold), _CMP_GE_OQ)));
#else
#if defined(VECTOR_TYPES)
    typedef long long Halves __attribute__((vector_size(NATIVE_LANES * sizeof(float))));
    const Halves hits = (Halves) (values >= threshold);
    if ((hits[0] | hits[1]) == 0) return 0;
#endif
    unsigned lanes = 0;
    for (int lane = 0; lane < NATIVE_LANES; ++lane) lanes |= static_cast<unsigned>(values[lane] >= threshold) << lane;
    return lanes;
#endif
}

}  // namespace
