// Losses as functions of scores before the activation: the loss, and its derivatives by the scores.
#pragma once

#include <cmath>

#include "compiler.h"

enum ActivationName { RELU, SIGMOID, IDENTITY };

namespace {

struct Activated {
    float value, slope;
};

ALWAYS_INLINE Activated activate(ActivationName activation, float score) {
    if (activation == RELU) return score <= 0 ? Activated{0, 0} : Activated{score, 1};  // NaN stays NaN
    if (activation == IDENTITY) return {score, 1};
    const float value = 1 / (1 + std::exp(-score));
    return {value, value * (1 - value)};
}

// (f(score) - rating)^2
ALWAYS_INLINE float squared_error(ActivationName activation, float score, float rating, float& derivative) {
    const Activated prediction = activate(activation, score);
    const float error = prediction.value - rating;
    derivative = 2 * error * prediction.slope;
    return error * error;
}

}  // namespace
