// Vectors of eight floats: a vector type of GCC and clang, which compile it for the instruction set, and a plain array
// for compilers without such types (or with RECSYS_MF_PLAIN_LOOPS).
#pragma once

#include <cmath>

#if defined(__GNUC__) && !defined(RECSYS_MF_PLAIN_LOOPS)
#define VECTOR_TYPES
#endif

#if defined(VECTOR_TYPES) && defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

constexpr int LANES = 8;

#if defined(VECTOR_TYPES)

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));

#else

struct Vector {
    float lanes[LANES];
    float& operator[](int lane) { return lanes[lane]; }
    float operator[](int lane) const { return lanes[lane]; }
};

template <class Operation>
inline Vector each_lane(Vector a, Vector b, Operation operation) {
    for (int lane = 0; lane < LANES; ++lane) a[lane] = operation(a[lane], b[lane]);
    return a;
}

inline Vector broadcast(float value) {
    Vector result;
    for (int lane = 0; lane < LANES; ++lane) result[lane] = value;
    return result;
}

inline Vector operator+(Vector a, Vector b) { return each_lane(a, b, [](float x, float y) { return x + y; }); }
inline Vector operator-(Vector a, Vector b) { return each_lane(a, b, [](float x, float y) { return x - y; }); }
inline Vector operator*(Vector a, Vector b) { return each_lane(a, b, [](float x, float y) { return x * y; }); }
inline Vector operator/(Vector a, Vector b) { return each_lane(a, b, [](float x, float y) { return x / y; }); }
inline Vector operator+(Vector a, float b) { return a + broadcast(b); }
inline Vector operator*(float a, Vector b) { return broadcast(a) * b; }
inline Vector& operator+=(Vector& a, Vector b) { return a = a + b; }
inline Vector& operator-=(Vector& a, Vector b) { return a = a - b; }

#endif

inline float sum(Vector a) { return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7])); }

inline Vector square_root(Vector a) {
#if defined(VECTOR_TYPES) && defined(__AVX2__)
    return _mm256_sqrt_ps(a);
#else
    for (int lane = 0; lane < LANES; ++lane) a[lane] = std::sqrt(a[lane]);
    return a;
#endif
}

}  // namespace
