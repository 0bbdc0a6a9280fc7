// Mini-batch gradient descent on ratings, one step of the optimiser for every row that a batch touches.
//
//     score(u, i) = sum of w p_u q_i        e = d loss / d score
//     gradients, with A_u = sum of e q_i and A_i = sum of e p_u over the batch's n_u and n_i ratings of u and i:
//         p_u: w A_u + n_u penalty p_u        q_i: w A_i + n_i penalty q_i        w: sum over the items of q_i A_i
//
// The biases are factors too: p is [factors, b_u, 1, 1], q is [factors, 1, b_i, 1] and w is [w, 1, 1, b]; masks say
// which of them are trained. Users and items are rows of one table, which leaves registers free in the loop.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "compiler.h"
#include "dispatch.hpp"
#include "losses.hpp"
#include "optimizers.hpp"
#include "records.hpp"
#include "vector.hpp"

enum OptimizerName { ADAGRAD, ADAM, RMSPROP, PLAIN_SGD };

// A batch gives slots to the rows that it touches, in the order of their first ratings: to users from the front, to
// items from the back. Between two batches every slot is -1, and sums and counts are 0. Between two calls of one batch
// a caller may move sums out, and back before the last call.
struct Training {
    Vector* rows;     // (n_users + n_items, stride): [parameters, states], each of `width` vectors; users, then items
    int32_t* slots;   // (n_users + n_items,)
    Vector* sums;     // (capacity, width): A
    int32_t* counts;  // (capacity,): n, kept where there are penalties
    int32_t* touched; // (capacity,): the row of a slot
    Vector* linear;   // (stride,): [w, states]
    const Vector *user_mask, *user_penalty, *item_mask, *item_penalty, *linear_mask;  // (width,) each
    int64_t n_users, n_items;
    int64_t capacity;  // at least one more than the most users and the most items of a batch together
    int64_t n_touched_users, n_touched_items;
    int64_t n_steps;
    int width;
    bool penalized;  // whether any penalty is > 0
    float learning_rate;
    ActivationName activation;
    OptimizerName optimizer;
};

namespace {

constexpr int MAX_WIDTH = 129;  // vectors of 1,024 factors and three biases
constexpr int CACHE_LINE = 64;  // bytes

// Terms of a sum of floats, one after the other, that are off by some 5e-5 of it at the worst.
constexpr int32_t MANY_TERMS = 1 << 12;

inline void check(bool inside) {
#if defined(RECSYS_MF_BOUNDS_CHECKS)
    if (!inside) throw std::out_of_range("an access outside of an array");
#else
    (void) inside;
#endif
}

// WIDTH: vectors of a row, 0 where it is known at run time only. The loops work on copies of what they need, which
// stay in registers: no compiler could know that no row overlaps `training`.
template <class Optimizer, int WIDTH>
class Trainer {
    static constexpr int CAPACITY = WIDTH ? WIDTH : MAX_WIDTH;

    // Ratings between the request for a row and its use: the memory may be beyond every cache, but what is requested
    // has to stay in the first ones, and wide rows fill them.
    static constexpr int AHEAD = WIDTH ? 48 : 16;

    Training& training;
    Vector* const rows;
    int32_t* const slots;
    Vector* const sums;
    int32_t* const counts;
    int32_t* const touched;
    const int32_t n_users, n_rows;
    const int32_t capacity;
    int32_t users_end, items_begin;  // slots in use are those before the one and from the other on
    const int run_time_width;
    const bool penalized;
    const float learning_rate;
    const ActivationName activation;
    Vector weight[CAPACITY], user_weight[CAPACITY], item_weight[CAPACITY];

  public:
    explicit Trainer(Training& training)
        : training(training),
          rows(training.rows),
          slots(training.slots),
          sums(training.sums),
          counts(training.counts),
          touched(training.touched),
          n_users(static_cast<int32_t>(training.n_users)),
          n_rows(static_cast<int32_t>(training.n_users + training.n_items)),
          capacity(static_cast<int32_t>(training.capacity)),
          users_end(static_cast<int32_t>(training.n_touched_users)),
          items_begin(static_cast<int32_t>(training.capacity - training.n_touched_items)),
          run_time_width(training.width),
          penalized(training.penalized),
          learning_rate(training.learning_rate),
          activation(training.activation) {
        load_weights();
    }

    template <class Record>
    double train(const Record* records, int64_t n_records, int64_t begin, int64_t end, int64_t batch_size) {
        double loss = 0;
        while (begin < end) {
            const int64_t batch_end = std::min((begin / batch_size + 1) * batch_size, n_records);
            const int64_t stop = std::min(batch_end, end);
            loss += add_gradients(records, n_records, begin, stop);
            if (stop == batch_end) step();
            begin = stop;
        }
        training.n_touched_users = users_end;
        training.n_touched_items = capacity - items_begin;
        return loss;
    }

  private:
    ALWAYS_INLINE int width() const { return WIDTH ? WIDTH : run_time_width; }

    ALWAYS_INLINE int64_t stride() const { return width() * (1 + Optimizer::N_STATES); }

    ALWAYS_INLINE void load_weights() {
        for (int v = 0; v < width(); ++v) {
            weight[v] = training.linear[v];
            user_weight[v] = weight[v] * training.user_mask[v];
            item_weight[v] = weight[v] * training.item_mask[v];
        }
    }

    ALWAYS_INLINE Vector* row(int64_t id) const {
        check(0 <= id && id < n_rows);
        return rows + id * stride();
    }

    ALWAYS_INLINE void prefetch(int64_t id) const {
        const char* address = reinterpret_cast<const char*>(row(id));
        const int64_t n_bytes = stride() * static_cast<int64_t>(sizeof(Vector));
        for (int64_t offset = 0; offset < n_bytes; offset += CACHE_LINE) PREFETCH(address + offset);
        PREFETCH(slots + id);
    }

    // A loss of several scores (of a pair, of a list) would compute them all before it adds to the sums of each.
    template <class Record>
    ALWAYS_INLINE double add_gradients(const Record* records, int64_t n_records, int64_t begin, int64_t end) {
        double loss = 0;
        for (int64_t k = begin; k < end; ++k) {
            if (k + AHEAD < n_records) {
                prefetch(records[k + AHEAD].user());
                prefetch(records[k + AHEAD].item() + n_users);
            }
            const int64_t user = records[k].user(), item = records[k].item() + n_users;
            float derivative;
            loss += squared_error(activation, score(row(user), row(item)), records[k].rating(), derivative);
            add(user, item, derivative);
        }
        return loss;
    }

    ALWAYS_INLINE float score(const Vector* p, const Vector* q) const {
        Vector total = weight[0] * p[0] * q[0];
        for (int v = 1; v < width(); ++v) total += weight[v] * p[v] * q[v];
        return sum(total);
    }

    // A_u += e q_i, A_i += e p_u. Slots are given without a branch: no predictor knows whether a row is new.
    ALWAYS_INLINE void add(int64_t user, int64_t item, float derivative) {
        check(users_end < items_begin);
        int32_t user_slot = slots[user], item_slot = slots[item];
        const bool new_user = user_slot < 0, new_item = item_slot < 0;
        user_slot = new_user ? users_end : user_slot;
        item_slot = new_item ? items_begin - 1 : item_slot;
        slots[user] = user_slot;
        slots[item] = item_slot;
        touched[users_end] = static_cast<int32_t>(user);
        users_end += new_user;
        touched[items_begin - 1] = static_cast<int32_t>(item);
        items_begin -= new_item;
        if (penalized) {
            counts[user_slot] += 1;
            counts[item_slot] += 1;
        }
        const Vector *p = row(user), *q = row(item);
        Vector* user_sums = sums + static_cast<int64_t>(user_slot) * width();
        Vector* item_sums = sums + static_cast<int64_t>(item_slot) * width();
        for (int v = 0; v < width(); ++v) {
            user_sums[v] += derivative * q[v];
            item_sums[v] += derivative * p[v];
        }
    }

    ALWAYS_INLINE void step() {
        const Optimizer optimizer(++training.n_steps);
        for (int32_t slot = 0; slot < users_end; ++slot)
            step_row(slot, optimizer, user_weight, training.user_penalty, [](int, Vector, Vector) {});
        double linear_sums[CAPACITY][LANES];
        for (int v = 0; v < width(); ++v) std::fill(linear_sums[v], linear_sums[v] + LANES, 0.0);
        for (int32_t begin = items_begin; begin < capacity;) {
            const int32_t end = begin + std::min(capacity - begin, MANY_TERMS);
            step_items(begin, end, optimizer, linear_sums);
            begin = end;
        }
        for (int v = 0; v < width(); ++v) {
            Vector gradient;
            for (int lane = 0; lane < LANES; ++lane) gradient[lane] = static_cast<float>(linear_sums[v][lane]);
            descend(training.linear + v, gradient * training.linear_mask[v], optimizer);
        }
        load_weights();
        users_end = 0;
        items_begin = capacity;
    }

    // Adds their part of the linear layer's gradient to its sums.
    ALWAYS_INLINE void step_items(int32_t begin, int32_t end, const Optimizer& optimizer,
                                  double (*linear_sums)[LANES]) {
        Vector part[CAPACITY];
        for (int v = 0; v < width(); ++v) part[v] = Vector{};
        for (int32_t slot = begin; slot < end; ++slot)
            step_row(slot, optimizer, item_weight, training.item_penalty,
                     [&](int v, Vector q, Vector item_sums) { part[v] += q * item_sums; });
        for (int v = 0; v < width(); ++v)
            for (int lane = 0; lane < LANES; ++lane) linear_sums[v][lane] += part[v][lane];
    }

    template <class SeeOldValues>
    ALWAYS_INLINE void step_row(int32_t slot, const Optimizer& optimizer, const Vector* weight, const Vector* penalty,
                                SeeOldValues see_old_values) {
        const int64_t id = touched[slot];
        slots[id] = -1;
        const float count = penalized ? static_cast<float>(counts[slot]) : 0.0f;
        Vector *parameters = row(id), *row_sums = sums + static_cast<int64_t>(slot) * width();
        for (int v = 0; v < width(); ++v) {
            see_old_values(v, parameters[v], row_sums[v]);
            Vector gradient = weight[v] * row_sums[v];
            if (penalized) gradient += count * penalty[v] * parameters[v];
            descend(parameters + v, gradient, optimizer);
            row_sums[v] = Vector{};
        }
        if (penalized) counts[slot] = 0;
    }

    ALWAYS_INLINE void descend(Vector* parameters, Vector gradient, const Optimizer& optimizer) const {
        *parameters -= learning_rate * optimizer.direction(gradient, parameters + width(), width());
    }
};

template <class Optimizer, class Record>
double train_with(Training& training, const Record* records, int64_t n_records, int64_t begin, int64_t end,
                  int64_t batch_size) {
    switch (training.width) {
        case 1: return Trainer<Optimizer, 1>(training).train(records, n_records, begin, end, batch_size);
        case 2: return Trainer<Optimizer, 2>(training).train(records, n_records, begin, end, batch_size);
        case 3: return Trainer<Optimizer, 3>(training).train(records, n_records, begin, end, batch_size);
        case 4: return Trainer<Optimizer, 4>(training).train(records, n_records, begin, end, batch_size);
        case 5: return Trainer<Optimizer, 5>(training).train(records, n_records, begin, end, batch_size);
        default: return Trainer<Optimizer, 0>(training).train(records, n_records, begin, end, batch_size);
    }
}

template <class Record>
double train(Training& training, const Record* records, int64_t n_records, int64_t begin, int64_t end,
             int64_t batch_size) {
    switch (training.optimizer) {
        case ADAGRAD: return train_with<Adagrad>(training, records, n_records, begin, end, batch_size);
        case ADAM: return train_with<Adam>(training, records, n_records, begin, end, batch_size);
        case RMSPROP: return train_with<RMSprop>(training, records, n_records, begin, end, batch_size);
        default: return train_with<SGD>(training, records, n_records, begin, end, batch_size);
    }
}

}  // namespace
