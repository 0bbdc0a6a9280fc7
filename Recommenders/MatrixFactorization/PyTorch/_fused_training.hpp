// Mini-batch gradient descent on the ratings, one step of the optimiser for every row that a batch touches.
//
//     score(u, i) = sum of w * p_u * q_i        d loss / d score = e
//     gradients, with A_u = sum of e q_i and A_i = sum of e p_u over the batch's ratings of u and i, n_u and n_i many:
//         p_u: w A_u + n_u penalty p_u        q_i: w A_i + n_i penalty q_i        w: sum over the items of q_i A_i
//
// The biases are factors too: p holds [factors, b_u, 1, 1], q [factors, 1, b_i, 1] and w [w, 1, 1, b]. Masks say which
// of them are trained.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "_prefetch.h"
#include "_vector.hpp"

struct Rating {
    int32_t user, item;
    float rating;
};

#include "_fused_losses.hpp"
#include "_fused_optimizers.hpp"

namespace {

constexpr int BLOCK = 32;          // ratings whose rows stay in the first cache between score and gradient
constexpr int AHEAD = 12;          // ratings between the request for a row and its use
constexpr int MAX_WIDTH = 129;     // vectors of 1,024 factors and three biases
constexpr int CACHE_LINE = 64;

enum OptimizerName { ADAGRAD, ADAM, RMSPROP, SGD_NAME };

// Users or items. A row of `rows` is [parameters, states], each of `width` vectors. A batch gives the rows that it
// touches slots in the order of their first ratings; between two batches every slot is -1, sums and counts are 0.
struct Side {
    Vector* rows;          // (n_rows, stride)
    int64_t n_rows;
    int32_t* slots;        // (n_rows,)
    Vector* sums;          // (capacity, width): A
    float* counts;         // (capacity,): n
    int32_t* touched;      // (capacity + 1,): rows by slot
    int64_t capacity;
    const Vector* mask;    // (width,)
    const Vector* penalty; // (width,)
    int64_t n_touched;
};

struct Training {
    Side users, items;
    Vector* linear;              // (stride,): [w, states]
    const Vector* linear_mask;   // (width,)
    int width;
    int64_t n_steps;
    float learning_rate;
    Activation activation;
    OptimizerName optimizer;
};

inline void check(bool inside) {
#if defined(RECSYS_MF_BOUNDS_CHECKS)
    if (!inside) throw std::out_of_range("an access outside of an array");
#else
    (void) inside;
#endif
}

// WIDTH: vectors of a row, 0 where it is known at run time only.
template <class Optimizer, int WIDTH>
class Trainer {
    Training& training;
    const int width, stride;
    Vector user_weight[MAX_WIDTH], item_weight[MAX_WIDTH];

  public:
    explicit Trainer(Training& training)
        : training(training),
          width(WIDTH ? WIDTH : training.width),
          stride((WIDTH ? WIDTH : training.width) * (1 + Optimizer::N_STATES)) {
        mask_weights();
    }

    double train(const Rating* ratings, int64_t n_ratings, int64_t begin, int64_t end, int64_t batch_size) {
        double loss = 0;
        while (begin < end) {
            const int64_t batch_end = std::min((begin / batch_size + 1) * batch_size, n_ratings);
            const int64_t stop = std::min(batch_end, end);
            for (; begin < stop; begin += BLOCK)
                loss += block(ratings + begin, static_cast<int>(std::min<int64_t>(BLOCK, stop - begin)),
                              n_ratings - begin);
            begin = stop;
            if (stop == batch_end) step();
        }
        return loss;
    }

  private:
    void mask_weights() {
        for (int v = 0; v < width; ++v) {
            user_weight[v] = training.linear[v] * training.users.mask[v];
            item_weight[v] = training.linear[v] * training.items.mask[v];
        }
    }

    Vector* row(const Side& side, int32_t id) const {
        check(id >= 0 && id < side.n_rows);
        return side.rows + static_cast<int64_t>(id) * stride;
    }

    void prefetch(const Side& side, int32_t id) const {
        const char* address = reinterpret_cast<const char*>(row(side, id));
        const int n_bytes = stride * static_cast<int>(sizeof(Vector));
        for (int offset = 0; offset < n_bytes; offset += CACHE_LINE) PREFETCH(address + offset);
        PREFETCH(side.slots + id);
    }

    double block(const Rating* ratings, int n, int64_t n_left) {
        float scores[BLOCK], derivatives[BLOCK];
        for (int k = 0; k < n; ++k) {
            if (k + AHEAD < n_left) {
                prefetch(training.users, ratings[k + AHEAD].user);
                prefetch(training.items, ratings[k + AHEAD].item);
            }
            scores[k] = score(row(training.users, ratings[k].user), row(training.items, ratings[k].item));
        }
        const double loss = squared_error(training.activation, scores, ratings, n, derivatives);
        for (int k = 0; k < n; ++k) {
            add(training.users, ratings[k].user, derivatives[k], row(training.items, ratings[k].item));
            add(training.items, ratings[k].item, derivatives[k], row(training.users, ratings[k].user));
        }
        return loss;
    }

    float score(const Vector* p, const Vector* q) const {
        const Vector* w = training.linear;
        Vector total = w[0] * p[0] * q[0];
        for (int v = 1; v < width; ++v) total += w[v] * p[v] * q[v];
        return sum(total);
    }

    // A += e other
    void add(Side& side, int32_t id, float derivative, const Vector* other) {
        const int64_t slot = slot_of(side, id);
        Vector* sums = side.sums + slot * width;
        for (int v = 0; v < width; ++v) sums[v] += derivative * other[v];
        side.counts[slot] += 1;
    }

    // without a branch: whether a row was touched before is what no predictor knows
    static int64_t slot_of(Side& side, int32_t id) {
        const int32_t known = side.slots[id];
        const bool first = known < 0;
        const int32_t slot = first ? static_cast<int32_t>(side.n_touched) : known;
        check(slot < side.capacity && side.n_touched <= side.capacity);
        side.slots[id] = slot;
        side.touched[side.n_touched] = id;
        side.n_touched += first;
        return slot;
    }

    void step() {
        const Optimizer optimizer(++training.n_steps);
        Vector linear_gradient[MAX_WIDTH];
        for (int v = 0; v < width; ++v) linear_gradient[v] = Vector{};
        step_rows(training.users, optimizer, user_weight, [](int, Vector, Vector) {});
        step_rows(training.items, optimizer, item_weight, [&](int v, Vector parameters, Vector sums) {
            linear_gradient[v] += parameters * sums;
        });
        for (int v = 0; v < width; ++v)
            descend(training.linear + v, linear_gradient[v] * training.linear_mask[v], optimizer);
        mask_weights();
    }

    template <class SeeOldValues>
    void step_rows(Side& side, const Optimizer& optimizer, const Vector* weight, SeeOldValues see_old_values) {
        for (int64_t slot = 0; slot < side.n_touched; ++slot) {
            const int32_t id = side.touched[slot];
            Vector* parameters = row(side, id);
            Vector* sums = side.sums + slot * width;
            for (int v = 0; v < width; ++v) {
                see_old_values(v, parameters[v], sums[v]);
                Vector gradient = weight[v] * sums[v] + side.counts[slot] * side.penalty[v] * parameters[v];
                descend(parameters + v, gradient, optimizer);
                sums[v] = Vector{};
            }
            side.counts[slot] = 0;
            side.slots[id] = -1;
        }
        side.n_touched = 0;
    }

    void descend(Vector* parameters, Vector gradient, const Optimizer& optimizer) const {
        *parameters -= training.learning_rate * optimizer.direction(gradient, parameters + width, width);
    }
};

template <class Optimizer>
double train_with(Training& training, const Rating* ratings, int64_t n_ratings, int64_t begin, int64_t end,
                  int64_t batch_size) {
    switch (training.width) {
        case 1: return Trainer<Optimizer, 1>(training).train(ratings, n_ratings, begin, end, batch_size);
        case 2: return Trainer<Optimizer, 2>(training).train(ratings, n_ratings, begin, end, batch_size);
        case 3: return Trainer<Optimizer, 3>(training).train(ratings, n_ratings, begin, end, batch_size);
        case 4: return Trainer<Optimizer, 4>(training).train(ratings, n_ratings, begin, end, batch_size);
        case 5: return Trainer<Optimizer, 5>(training).train(ratings, n_ratings, begin, end, batch_size);
        default: return Trainer<Optimizer, 0>(training).train(ratings, n_ratings, begin, end, batch_size);
    }
}

inline bool cpu_has_avx2() {
#if defined(__GNUC__) && defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

inline double train(Training& training, const Rating* ratings, int64_t n_ratings, int64_t begin, int64_t end,
                    int64_t batch_size) {
    switch (training.optimizer) {
        case ADAGRAD: return train_with<Adagrad>(training, ratings, n_ratings, begin, end, batch_size);
        case ADAM: return train_with<Adam>(training, ratings, n_ratings, begin, end, batch_size);
        case RMSPROP: return train_with<RMSprop>(training, ratings, n_ratings, begin, end, batch_size);
        default: return train_with<SGD>(training, ratings, n_ratings, begin, end, batch_size);
    }
}

}  // namespace
