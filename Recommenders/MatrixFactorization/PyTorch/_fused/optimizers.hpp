// The optimisers' steps for eight numbers of a row: direction(gradient, states, stride), where states[s * stride] is the
// s-th state of these numbers and is updated. Names and formulas are the same as in _optimizers.py. A constructor gets
// the number of the step, from 1.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "vector.hpp"

namespace {

struct SGD {
    static constexpr const char* NAME = "sgd";
    static constexpr int N_STATES = 0;

    explicit SGD(int64_t) {}

    Vector direction(Vector gradient, Vector*, int64_t) const { return gradient; }
};

// G += g^2;  g / (sqrt(G) + 1e-10)
struct Adagrad {
    static constexpr const char* NAME = "adagrad";
    static constexpr int N_STATES = 1;

    explicit Adagrad(int64_t) {}

    Vector direction(Vector gradient, Vector* states, int64_t) const {
        Vector squares = states[0] + gradient * gradient;
        states[0] = squares;
#if defined(VECTOR_TYPES) && defined(__AVX2__)
        // Root and division are a sixth of the time at 10 factors. The approximate inverse root with one Newton step is
        // exact to 3e-7, which is also what the 1e-10 adds to a root of more than 1e-4; an infinite square has none.
        const Vector smallest = Vector{} + 1e-8f, largest = Vector{} + 1e38f;
        const int in_range = _mm256_movemask_ps(_mm256_and_ps(_mm256_cmp_ps(squares, smallest, _CMP_GE_OQ),
                                                              _mm256_cmp_ps(squares, largest, _CMP_LE_OQ)));
        if (in_range == 0xFF) {
            const Vector inverse = _mm256_rsqrt_ps(squares);
            return gradient * inverse * (1.5f - 0.5f * squares * inverse * inverse);
        }
#endif
        return gradient / (square_root(squares) + 1e-10f);
    }
};

// v += 0.01 (g^2 - v);  g / (sqrt(v) + 1e-8)
struct RMSprop {
    static constexpr const char* NAME = "rmsprop";
    static constexpr int N_STATES = 1;

    explicit RMSprop(int64_t) {}

    Vector direction(Vector gradient, Vector* states, int64_t) const {
        Vector squares = 0.99f * states[0] + 0.01f * (gradient * gradient);
        states[0] = squares;
        return gradient / (square_root(squares) + 1e-8f);
    }
};

// m += 0.1 (g - m);  v += 0.001 (g^2 - v);  m / (1 - 0.9^t) / (sqrt(v / (1 - 0.999^t)) + 1e-8)
struct Adam {
    static constexpr const char* NAME = "adam";
    static constexpr int N_STATES = 2;

    float mean_correction, root_correction;

    explicit Adam(int64_t t)
        : mean_correction(static_cast<float>(1 / (1 - std::pow(0.9, static_cast<double>(t))))),
          root_correction(static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, static_cast<double>(t))))) {}

    Vector direction(Vector gradient, Vector* states, int64_t stride) const {
        Vector means = states[0] + 0.1f * (gradient - states[0]);
        Vector squares = 0.999f * states[stride] + 0.001f * (gradient * gradient);
        states[0] = means;
        states[stride] = squares;
        return mean_correction * means / (root_correction * square_root(squares) + 1e-8f);
    }
};

template <class... Optimizer>
struct OptimizerList {
    // The name of each optimiser, and how many states it has of every number.
    static std::vector<std::pair<std::string, int>> names_and_states() {
        return {std::pair<std::string, int>(Optimizer::NAME, Optimizer::N_STATES)...};
    }
};

// The place of an optimiser in this list is its number.
using Optimizers = OptimizerList<Adagrad, Adam, RMSprop, SGD>;

}  // namespace
