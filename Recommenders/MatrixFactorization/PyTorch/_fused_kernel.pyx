"""Mini-batch training of the factorisation in one compiled loop; the arithmetic is in _fused_training.hpp."""

from libc.stdint cimport int32_t, int64_t


cdef extern from "_fused_training.hpp" nogil:
    cdef cppclass Vector:
        pass

    struct Rating:
        int32_t user
        int32_t item
        float rating

    enum Activation:
        RELU
        SIGMOID
        IDENTITY

    enum OptimizerName:
        ADAGRAD
        ADAM
        RMSPROP
        SGD_NAME

    struct Side:
        Vector* rows
        int64_t n_rows
        int32_t* slots
        Vector* sums
        float* counts
        int32_t* touched
        int64_t capacity
        const Vector* mask
        const Vector* penalty
        int64_t n_touched

    struct Training:
        Side users
        Side items
        Vector* linear
        const Vector* linear_mask
        int width
        int64_t n_steps
        float learning_rate
        Activation activation
        OptimizerName optimizer

    const int LANES
    bint _cpu_has_avx2 "cpu_has_avx2"()
    double _train "train"(
        Training& training, const Rating* ratings, int64_t n_ratings, int64_t begin, int64_t end, int64_t batch_size
    ) except +


cdef Side _side(
    float[:, ::1] rows, int32_t[::1] slots, float[:, ::1] sums, float[::1] counts, int32_t[::1] touched,
    const float[::1] mask, const float[::1] penalty, int64_t n_touched
) except *:
    cdef Side side
    side.rows = <Vector*> &rows[0, 0]
    side.n_rows = rows.shape[0]
    side.slots = &slots[0]
    side.sums = <Vector*> &sums[0, 0]
    side.counts = &counts[0]
    side.touched = &touched[0]
    side.capacity = sums.shape[0]
    side.mask = <const Vector*> &mask[0]
    side.penalty = <const Vector*> &penalty[0]
    side.n_touched = n_touched
    return side


def cpu_has_avx2():
    """Whether this processor runs the build for AVX2 and FMA."""
    return bool(_cpu_has_avx2())


def train_ratings(
    const Rating[::1] ratings, int64_t begin, int64_t end, int64_t batch_size,
    float[:, ::1] user_rows, int32_t[::1] user_slots, float[:, ::1] user_sums, float[::1] user_counts,
    int32_t[::1] touched_users,
    float[:, ::1] item_rows, int32_t[::1] item_slots, float[:, ::1] item_sums, float[::1] item_counts,
    int32_t[::1] touched_items,
    float[::1] linear, const float[:, ::1] lanes, int64_t[::1] progress,
    str sgd_mode, str activation, float learning_rate
):
    cdef Training training
    cdef double loss

    training.users = _side(
        user_rows, user_slots, user_sums, user_counts, touched_users, lanes[0], lanes[1], progress[0]
    )
    training.items = _side(
        item_rows, item_slots, item_sums, item_counts, touched_items, lanes[2], lanes[3], progress[1]
    )
    training.linear = <Vector*> &linear[0]
    training.linear_mask = <const Vector*> &lanes[4, 0]
    training.width = <int> (lanes.shape[1] // LANES)
    training.n_steps = progress[2]
    training.learning_rate = learning_rate
    training.optimizer = {"adagrad": ADAGRAD, "adam": ADAM, "rmsprop": RMSPROP, "sgd": SGD_NAME}[sgd_mode]
    training.activation = {"relu": RELU, "sigmoid": SIGMOID, "identity": IDENTITY}[activation]
    with nogil:
        loss = _train(training, &ratings[0], ratings.shape[0], begin, end, batch_size)
    progress[0] = training.users.n_touched
    progress[1] = training.items.n_touched
    progress[2] = training.n_steps
    return loss
