"""Rankings by products of factors; the arithmetic is in `factor_ranking.hpp`."""

from libc.stdint cimport int32_t, int64_t


cdef extern from "factor_ranking.hpp" nogil:
    const int PANEL_ITEMS "PANEL"
    const int SECTION_PANELS "SECTION"

    struct Catalogue:
        const float* panels
        const float* biases
        const int32_t* items
        const double* bounds
        double rounding
        int64_t n_sections
        int64_t n_factors
        int64_t n_items

    cdef cppclass Profiles[Index]:
        const int64_t* starts
        const int64_t* ends
        const Index* items

    bint _use_avx2 "use_avx2"()
    void rank_users[Index](
        const Catalogue& catalogue, const float* vectors, const float* user_biases, int64_t n_users,
        const Profiles[Index]& seen, int64_t k, int32_t* ids, int32_t* lengths
    ) except +
    void rank_candidates[Index, SeenIndex](
        const float* item_factors, const float* item_biases, int64_t n_items, const float* vectors,
        const float* user_biases, int64_t n_users, int64_t n_factors, const Profiles[Index]& candidates,
        const Profiles[SeenIndex]& seen, int64_t k, int32_t* ids,
        int32_t* lengths
    ) except +


ctypedef fused index:
    int32_t
    int64_t

ctypedef fused seen_index:
    int32_t
    int64_t


PANEL = PANEL_ITEMS  # items of a panel
SECTION = SECTION_PANELS  # panels of a section


def use_avx2():
    """Return whether there is a build for AVX2 and FMA, `factor_kernel_avx2`, that this processor can run."""
    return bool(_use_avx2())


def rank_by_factors(
    const float[:, ::1] vectors,  # (B, F), finite
    const float[::1] user_biases,  # (B,), finite
    const float[:, :, ::1] panels,  # (N, F, PANEL), finite
    const float[:, ::1] biases,  # (N, PANEL), finite, or -inf for an item that is never ranked, or no item
    const int32_t[:, ::1] items,  # (N, PANEL), ids in 0..n_items-1
    const double[:, ::1] bounds,  # (N / SECTION, 4)
    double rounding,
    int64_t n_items,
    const int64_t[::1] seen_starts,  # (B,)
    const int64_t[::1] seen_ends,  # (B,): user b has seen the items seen[seen_starts[b]:seen_ends[b]]
    const index[::1] seen,
    int32_t[:, ::1] ids,  # (B, k), k <= n_items, written up to each list's length
    int32_t[::1] lengths,  # (B,), written
):
    """Write the best k items of every user, best first, equal scores by ascending id, without seen items.

    Equivalent to `top_k_of_rows(vectors @ item_factors.T + item_biases + user_biases[:, np.newaxis], ...)`, without the
    matrix of scores: a section whose bounds are below the worst item of a user's full list is skipped. B users, F
    factors, N panels, a multiple of SECTION, of PANEL items.

    No computed score of section s is above |vector| * bounds[s, 0] + bounds[s, 1] + user_bias + rounding * |user_bias|;
    with bounds[s, 2] and bounds[s, 3], this holds for all sections from s on.
    """
    cdef Catalogue catalogue
    cdef Profiles[index] profiles
    cdef int64_t n_users = vectors.shape[0], k = ids.shape[1]

    if n_users == 0 or panels.shape[0] == 0:
        lengths[:] = 0
        return
    catalogue.panels = &panels[0, 0, 0]
    catalogue.biases = &biases[0, 0]
    catalogue.items = &items[0, 0]
    catalogue.bounds = &bounds[0, 0]
    catalogue.rounding = rounding
    catalogue.n_sections = bounds.shape[0]
    catalogue.n_factors = vectors.shape[1]
    catalogue.n_items = n_items
    profiles.starts = &seen_starts[0]
    profiles.ends = &seen_ends[0]
    profiles.items = &seen[0] if seen.shape[0] > 0 else NULL
    with nogil:
        rank_users(catalogue, &vectors[0, 0], &user_biases[0], n_users, profiles, k, &ids[0, 0], &lengths[0])


def rank_candidates_by_factors(
    const float[:, ::1] vectors,  # (B, F), finite
    const float[::1] user_biases,  # (B,), finite
    const float[:, ::1] item_factors,  # (n_items, F), finite
    const float[::1] item_biases,  # (n_items,), finite, or -inf for items that are never ranked
    const int64_t[::1] starts,  # (B,)
    const int64_t[::1] ends,  # (B,): user b's candidates are candidates[starts[b]:ends[b]], each once
    const index[::1] candidates,  # in 0..n_items-1
    const int64_t[::1] seen_starts,  # (B,)
    const int64_t[::1] seen_ends,  # (B,): user b has seen the items seen[seen_starts[b]:seen_ends[b]]
    const seen_index[::1] seen,
    int32_t[:, ::1] ids,  # (B, k), k <= n_items, written up to each list's length
    int32_t[::1] lengths,  # (B,), written
):
    """Write the best k of each user's candidates, best first, equal scores by ascending id, without seen items.

    Equivalent to `top_k_of_rows` on `vectors @ item_factors.T + item_biases + user_biases[:, np.newaxis]`, with -inf
    for all other items than the candidates.
    """
    cdef Profiles[index] offered
    cdef Profiles[seen_index] profiles
    cdef int64_t n_users = vectors.shape[0], n_factors = vectors.shape[1], k = ids.shape[1]
    cdef int64_t n_items = item_factors.shape[0]

    if n_users == 0:
        return
    offered.starts, offered.ends = &starts[0], &ends[0]
    offered.items = &candidates[0] if candidates.shape[0] > 0 else NULL
    profiles.starts, profiles.ends = &seen_starts[0], &seen_ends[0]
    profiles.items = &seen[0] if seen.shape[0] > 0 else NULL
    with nogil:
        rank_candidates(
            &item_factors[0, 0], &item_biases[0], n_items, &vectors[0, 0], &user_biases[0], n_users,
            n_factors, offered, profiles, k, &ids[0, 0], &lengths[0]
        )
