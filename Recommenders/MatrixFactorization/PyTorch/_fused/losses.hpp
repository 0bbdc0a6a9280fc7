// Losses and activations: a value, and its derivative by the prediction or the score.
#pragma once

#include <cmath>

#include "compiler.h"

// The place of a name in its list is its number.
enum Activation { RELU, SIGMOID, IDENTITY };
constexpr const char* ACTIVATION_NAMES[] = {"relu", "sigmoid", "identity"};

enum Loss { SQUARED_ERROR };
constexpr const char* LOSS_NAMES[] = {"mse"};

namespace {

struct ValueAndSlope {
    float value, slope;
};

ALWAYS_INLINE ValueAndSlope activate(Activation activation, float score) {
    if (activation == RELU) return score <= 0 ? ValueAndSlope{0, 0} : ValueAndSlope{score, 1};  // NaN stays NaN
    if (activation == IDENTITY) return {score, 1};
    const float value = 1 / (1 + std::exp(-score));
    return {value, value * (1 - value)};
}

// (prediction - rating)^2
ALWAYS_INLINE ValueAndSlope squared_error(float prediction, float rating) {
    const float error = prediction - rating;
    return {error * error, 2 * error};
}

ALWAYS_INLINE ValueAndSlope compute_loss(Loss loss, float prediction, float rating) {
    switch (loss) {
        default: return squared_error(prediction, rating);
    }
}

}  // namespace
