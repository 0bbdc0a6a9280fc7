// Losses as functions of the scores before the activation: their sum, and their derivatives by the scores.
#pragma once

#include <cmath>

namespace {

enum Activation { RELU, SIGMOID, IDENTITY };

template <class Predict>
inline double squared_error(const float* scores, const Rating* ratings, int n, float* derivatives, Predict predict) {
    double total = 0;
    for (int k = 0; k < n; ++k) {
        float slope;
        float error = predict(scores[k], slope) - ratings[k].rating;
        derivatives[k] = 2 * error * slope;
        total += static_cast<double>(error * error);
    }
    return total;
}

inline double squared_error(Activation activation, const float* scores, const Rating* ratings, int n, float* derivatives) {
    switch (activation) {
        case RELU:
            return squared_error(scores, ratings, n, derivatives, [](float score, float& slope) {
                slope = score > 0 ? 1.0f : 0.0f;
                return slope * score;
            });
        case SIGMOID:
            return squared_error(scores, ratings, n, derivatives, [](float score, float& slope) {
                float prediction = 1 / (1 + std::exp(-score));
                slope = prediction * (1 - prediction);
                return prediction;
            });
        default:
            return squared_error(scores, ratings, n, derivatives, [](float score, float& slope) {
                slope = 1;
                return score;
            });
    }
}

}  // namespace
