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
#include <iterator>
#include <stdexcept>

#include "../_epochs/records.hpp"
#include "compiler.h"
#include "dispatch.hpp"
#include "losses.hpp"
#include "optimizers.hpp"
#include "vector.hpp"

constexpr int MAX_FACTORS = 1024;
constexpr int N_BIASES = 3;  // in a row

// The ratings `begin`..`end`-1 of an epoch that is trained in batches of `batch_size`.
template <class Record>
struct Slice {
    const Record* records;  // of the whole epoch
    int64_t n_records, begin, end, batch_size;
};

// A batch gives slots to the rows that it touches, in the order of their first ratings: to users from the front, to
// items from the back. Between two batches every slot is -1, and sums and counts are 0. Between two calls of one batch
// a caller may move sums out, and back before the last call.
struct Training {
    Vector* rows;      // (n_rows, stride): [parameters, states], each of `n_vectors` vectors; users, then items
    int32_t* slots;    // (n_rows,)
    Vector* sums;      // (n_slots, n_vectors): A
    int32_t* counts;   // (n_slots,): n, counted where there are penalties
    int32_t* touched;  // (n_slots,): the row of a slot
    Vector* linear;    // (stride,): [w, states]
    const Vector *user_mask, *user_penalty, *item_mask, *item_penalty, *linear_mask;  // (n_vectors,) each
    int32_t n_users, n_rows;
    int32_t n_slots;  // at least one more than the most users and the most items of a batch together
    int32_t users_end, items_begin;  // the slots in use are 0..users_end-1 and items_begin..n_slots-1
    int64_t n_steps;
    int n_vectors;
    bool penalized;  // whether any penalty is > 0
    float learning_rate;
    Loss loss;
    Activation activation;
    int optimizer;  // its place in `Optimizers`
};

namespace {

constexpr int MAX_WIDTH = (MAX_FACTORS + N_BIASES + LANES - 1) / LANES;
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

// WIDTH: vectors of a row, 0 where it is known at run time only. A trainer is a copy of its training, whose numbers stay
// in registers: no compiler could know that no row overlaps the caller's.
template <class Optimizer, int WIDTH>
class Trainer : Training {
    static constexpr int CAPACITY = WIDTH ? WIDTH : MAX_WIDTH;

    // Ratings between the request for a row and its use: far enough for a row to come from the memory, and near enough
    // for it to stay in the first caches, which wide rows soon fill.
    static constexpr int AHEAD = WIDTH ? 48 : 16;

    // The compiler orders the operations of a sum by where their operands come from: taken from the copy at every use,
    // these two would change the last bits of RMSprop in rows of one vector.
    Vector* const rows = Training::rows;
    Vector* const sums = Training::sums;

    Training& original;
    Vector weight[CAPACITY], user_weight[CAPACITY], item_weight[CAPACITY];

  public:
    explicit Trainer(Training& training) : Training(training), original(training) { load_weights(); }

    template <class Record>
    double train(Slice<Record> slice) {
        double total = 0;
        const int64_t end = slice.end;
        while (slice.begin < end) {
            const int64_t batch_end = std::min((slice.begin / slice.batch_size + 1) * slice.batch_size, slice.n_records);
            slice.end = std::min(batch_end, end);
            total += add_gradients(slice);
            if (slice.end == batch_end) step();
            slice.begin = slice.end;
        }
        original.users_end = users_end;
        original.items_begin = items_begin;
        original.n_steps = n_steps;
        return total;
    }

  private:
    ALWAYS_INLINE int width() const { return WIDTH ? WIDTH : n_vectors; }

    ALWAYS_INLINE int64_t stride() const { return width() * (1 + Optimizer::N_STATES); }

    ALWAYS_INLINE void load_weights() {
        for (int v = 0; v < width(); ++v) {
            weight[v] = linear[v];
            user_weight[v] = weight[v] * user_mask[v];
            item_weight[v] = weight[v] * item_mask[v];
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
    ALWAYS_INLINE double add_gradients(const Slice<Record>& slice) {
        double total = 0;
        for (int64_t k = slice.begin; k < slice.end; ++k) {
            if (k + AHEAD < slice.n_records) {
                prefetch(user_of(slice.records[k + AHEAD]));
                prefetch(item_of(slice.records[k + AHEAD]) + n_users);
            }
            const Record& record = slice.records[k];
            const int64_t user = user_of(record), item = item_of(record) + n_users;
            const ValueAndSlope prediction = activate(activation, score(row(user), row(item)));
            const ValueAndSlope error = compute_loss(loss, prediction.value, rating_of(record));
            total += error.value;
            add(user, item, error.slope * prediction.slope);
        }
        return total;
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
        const Optimizer optimizer(++n_steps);
        for (int32_t slot = 0; slot < users_end; ++slot)
            step_row(slot, optimizer, user_weight, user_penalty, [](int, Vector, Vector) {});
        double linear_sums[CAPACITY][LANES];
        for (int v = 0; v < width(); ++v) std::fill(linear_sums[v], linear_sums[v] + LANES, 0.0);
        for (int32_t begin = items_begin; begin < n_slots;) {
            const int32_t end = begin + std::min(n_slots - begin, MANY_TERMS);
            step_items(begin, end, optimizer, linear_sums);
            begin = end;
        }
        for (int v = 0; v < width(); ++v) {
            Vector gradient;
            for (int lane = 0; lane < LANES; ++lane) gradient[lane] = static_cast<float>(linear_sums[v][lane]);
            descend(linear + v, gradient * linear_mask[v], optimizer);
        }
        load_weights();
        users_end = 0;
        items_begin = n_slots;
    }

    // Adds their part of the linear layer's gradient to its sums.
    ALWAYS_INLINE void step_items(int32_t begin, int32_t end, const Optimizer& optimizer,
                                  double (*linear_sums)[LANES]) {
        Vector part[CAPACITY];
        for (int v = 0; v < width(); ++v) part[v] = Vector{};
        for (int32_t slot = begin; slot < end; ++slot)
            step_row(slot, optimizer, item_weight, item_penalty,
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
double train_with(Training& training, const Slice<Record>& slice) {
    switch (training.n_vectors) {
        case 1: return Trainer<Optimizer, 1>(training).train(slice);
        case 2: return Trainer<Optimizer, 2>(training).train(slice);
        case 3: return Trainer<Optimizer, 3>(training).train(slice);
        case 4: return Trainer<Optimizer, 4>(training).train(slice);
        case 5: return Trainer<Optimizer, 5>(training).train(slice);
        default: return Trainer<Optimizer, 0>(training).train(slice);
    }
}

template <class Record, class... Optimizer>
double train_with_one_of(OptimizerList<Optimizer...>, Training& training, const Slice<Record>& slice) {
    using Train = double(Training&, const Slice<Record>&);
    Train* const trains[] = {train_with<Optimizer, Record>...};
    return trains[training.optimizer](training, slice);
}

// Train on a slice, with a step at the end of every batch in it, and return the sum of the losses.
template <class Record>
double train(Training& training, const Slice<Record>& slice) {
    return train_with_one_of(Optimizers{}, training, slice);
}

}  // namespace
