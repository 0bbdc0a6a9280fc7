// Ranks items by products of factors, and scores only items that may still enter a list.
//
// score(u, i) = (sum over f of user_uf item_if + bias_i) + bias_u, summed in this order: the order of a matrix product
// to which the biases are added. So the bits do not depend on how users and items are grouped. Items are stored in
// panels of PANEL items, factor by factor, and in sections of SECTION panels. By the inequality of Cauchy and Schwarz, no
// item of a section scores more than |user| * norm + bias + bias_u, with the first two bounds of the section, and no item
// of the sections from it on, with its last two bounds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "best_k.hpp"
#include "compiler.h"
#include "dispatch.hpp"
#include "native_vector.hpp"

namespace {

constexpr int PANEL = 16;
constexpr int PANEL_VECTORS = PANEL / NATIVE_LANES;
constexpr int SECTION = 4;
#if defined(__AVX2__) || defined(__aarch64__)
constexpr int GROUP = 6;  // users scored together: their scores of a panel and the inputs fit into the registers
#else
constexpr int GROUP = 3;
#endif

constexpr int64_t CACHED_BYTES = 1 << 17;  // of panels, which stay in the cache for all groups of a block
constexpr int64_t GROUPS_PER_BLOCK = 16;
constexpr int64_t BLOCK_BITS = 1 << 25;  // at most, for the seen items of a block's users: 4 MB

struct Catalogue {
    const float* panels;          // (n_sections * SECTION, n_factors, PANEL)
    const float* biases;          // (n_sections * SECTION, PANEL), -inf in the places without an item
    const int32_t* items;         // (n_sections * SECTION, PANEL)
    const double* bounds;         // (n_sections, 4): norm and bias, of the section and from it on, with rounding
    double rounding;              // the largest relative error of a score
    int64_t n_sections;
    int64_t n_factors;
    int64_t n_items;              // all items, also those that are never ranked
};

template <class Index>
struct Profiles {
    const int64_t* starts;
    const int64_t* ends;
    const Index* items;
};

struct User {
    const float* vector = nullptr;
    float bias = 0;
    double norm = 0;
    double largest_bias = 0;  // with rounding
    float threshold = 0;
    BestK<float> best;
    std::vector<uint64_t> seen;  // a bit for each item

    User(int64_t k, int64_t n_items) : best(k), seen(static_cast<size_t>(n_items / 64 + 1)) {}

    bool has_seen(int32_t item) const { return seen[item >> 6] >> (item & 63) & 1; }

    void rest() {  // for a place in a group without a user
        norm = 0;
        threshold = std::numeric_limits<float>::infinity();
    }

    template <class Index>
    void start(const float* factors, int64_t n_factors, float own_bias, double rounding, const Index* begin,
               const Index* end) {
        vector = factors;
        bias = own_bias;
        largest_bias = bias + rounding * std::abs(bias);
        double square = 0;
        for (int64_t f = 0; f < n_factors; ++f) square += static_cast<double>(factors[f]) * factors[f];
        norm = std::sqrt(square);
        best.clear();
        threshold = best.threshold();
        for (; begin != end; ++begin) seen[*begin >> 6] |= uint64_t{1} << (*begin & 63);
    }

    template <class Index>
    void forget(const Index* begin, const Index* end) {
        if (static_cast<size_t>(end - begin) * 4 > seen.size()) {
            std::fill(seen.begin(), seen.end(), 0);
        } else {
            for (; begin != end; ++begin) seen[*begin >> 6] = 0;
        }
    }
};

template <int USERS>
ALWAYS_INLINE void score_panel(const User* users, const float* panel, const float* biases, int64_t n_factors,
                               NativeVector scores[USERS][PANEL_VECTORS]) {
    UNROLL
    for (int u = 0; u < USERS; ++u) {
        UNROLL
        for (int v = 0; v < PANEL_VECTORS; ++v) scores[u][v] = NativeVector{};
    }
    for (int64_t f = 0; f < n_factors; ++f, panel += PANEL) {
        NativeVector items[PANEL_VECTORS];
        UNROLL
        for (int v = 0; v < PANEL_VECTORS; ++v) items[v] = load(panel + v * NATIVE_LANES);
        UNROLL
        for (int u = 0; u < USERS; ++u) {
            const float value = users[u].vector[f];
            UNROLL
            for (int v = 0; v < PANEL_VECTORS; ++v) add_product(scores[u][v], value, items[v]);
        }
    }
    UNROLL
    for (int v = 0; v < PANEL_VECTORS; ++v) {
        const NativeVector item_biases = load(biases + v * NATIVE_LANES);
        UNROLL
        for (int u = 0; u < USERS; ++u) {
            add_product(scores[u][v], 1.0f, item_biases);
            add(scores[u][v], users[u].bias);
        }
    }
}

inline void offer_panel(User& user, const NativeVector* scores, const int32_t* items) {
    for (int v = 0; v < PANEL_VECTORS; ++v, items += NATIVE_LANES) {
        unsigned lanes = lanes_at_least(scores[v], user.threshold);
        if (lanes == 0) continue;
        float values[NATIVE_LANES];
        std::memcpy(values, &scores[v], sizeof values);
        for (int lane = 0; lanes != 0; ++lane, lanes >>= 1)
            if ((lanes & 1) && !user.has_seen(items[lane])) user.best.offer(values[lane], items[lane]);
        user.threshold = user.best.threshold();
    }
}

inline bool may_enter(const User* users, const double* bounds) {
    bool any = false;
    for (int u = 0; u < GROUP; ++u)
        any |= users[u].norm * bounds[0] + bounds[1] + users[u].largest_bias >= users[u].threshold;
    return any;
}

inline void rank_section(User* users, const Catalogue& catalogue, int64_t section) {
    NativeVector scores[GROUP][PANEL_VECTORS];
    for (int64_t panel = section * SECTION; panel < (section + 1) * SECTION; ++panel) {
        const float* values = catalogue.panels + panel * catalogue.n_factors * PANEL;
        const int32_t* items = catalogue.items + panel * PANEL;
        score_panel<GROUP>(users, values, catalogue.biases + panel * PANEL, catalogue.n_factors, scores);
        for (int u = 0; u < GROUP; ++u) offer_panel(users[u], scores[u], items);
    }
}

// Ranks items for the users with the rows of `vectors`, (n_users, n_factors), without their seen items. The ids of user
// r go to `ids + r * k`.
template <class Index>
void rank_users(const Catalogue& catalogue, const float* vectors, const float* user_biases, int64_t n_users,
                const Profiles<Index>& seen, int64_t k, int32_t* ids, int32_t* lengths) {
    const int64_t cached = std::max<int64_t>(
        1, CACHED_BYTES / (SECTION * PANEL * catalogue.n_factors * static_cast<int64_t>(sizeof(float))));
    const int64_t groups = std::max<int64_t>(
        1, std::min({GROUPS_PER_BLOCK, BLOCK_BITS / (GROUP * catalogue.n_items), (n_users + GROUP - 1) / GROUP}));
    const int64_t block = groups * GROUP;
    std::vector<User> users(static_cast<size_t>(block), User(k, catalogue.n_items));

    for (int64_t first = 0; first < n_users; first += block) {
        const int64_t here = std::min(block, n_users - first);
        for (int64_t u = 0; u < block; ++u) {
            const int64_t row = first + std::min(u, here - 1);
            users[u].start(vectors + row * catalogue.n_factors, catalogue.n_factors, user_biases[row],
                           catalogue.rounding, seen.items + seen.starts[row], seen.items + seen.ends[row]);
            if (u >= here) users[u].rest();
        }
        for (int64_t begin = 0; begin < catalogue.n_sections; begin += cached) {
            const int64_t end = std::min(begin + cached, catalogue.n_sections);
            for (int64_t group = 0; group * GROUP < here; ++group) {
                User* members = users.data() + group * GROUP;
                for (int64_t section = begin; section < end; ++section) {
                    const double* bounds = catalogue.bounds + 4 * section;
                    if (!may_enter(members, bounds + 2)) break;
                    if (may_enter(members, bounds)) rank_section(members, catalogue, section);
                }
            }
        }
        for (int64_t u = 0; u < here; ++u) {
            const int64_t row = first + u;
            lengths[row] = users[u].best.write(ids + row * k);
            users[u].forget(seen.items + seen.starts[row], seen.items + seen.ends[row]);
        }
    }
}

// Ranks each user's candidates only; the factors of the items are rows here. Otherwise as `rank_users`.
template <class Index, class SeenIndex>
void rank_candidates(const float* item_factors, const float* item_biases, int64_t n_items, const float* vectors,
                     const float* user_biases, int64_t n_users, int64_t n_factors, const Profiles<Index>& candidates,
                     const Profiles<SeenIndex>& seen, int64_t k, int32_t* ids, int32_t* lengths) {
    User user(k, n_items);
    std::vector<float> panel(static_cast<size_t>(n_factors * PANEL));
    float biases[PANEL];
    int32_t items[PANEL] = {};
    NativeVector scores[1][PANEL_VECTORS];

    for (int64_t row = 0; row < n_users; ++row) {
        const SeenIndex *first_seen = seen.items + seen.starts[row], *last_seen = seen.items + seen.ends[row];
        user.start(vectors + row * n_factors, n_factors, user_biases[row], 0.0, first_seen, last_seen);
        for (int64_t first = candidates.starts[row]; first < candidates.ends[row]; first += PANEL) {
            const int64_t here = std::min<int64_t>(PANEL, candidates.ends[row] - first);
            std::fill(biases, biases + PANEL, BestK<float>::NEVER);
            for (int64_t place = 0; place < here; ++place) {
                const int64_t item = candidates.items[first + place];
                items[place] = static_cast<int32_t>(item);
                biases[place] = item_biases[item];
                for (int64_t f = 0; f < n_factors; ++f) panel[f * PANEL + place] = item_factors[item * n_factors + f];
            }
            score_panel<1>(&user, panel.data(), biases, n_factors, scores);
            offer_panel(user, scores[0], items);
        }
        lengths[row] = user.best.write(ids + row * k);
        user.forget(first_seen, last_seen);
    }
}

}  // namespace
