"""Mini-batch training of the factorisation; the arithmetic is in `training.hpp`."""

from libc.stdint cimport int32_t, int64_t, uint64_t


cdef extern from "training.hpp" nogil:
    cdef cppclass Vector:
        pass

    cdef cppclass PackedRecord:
        pass

    cdef cppclass WideRecord:
        pass

    enum ActivationName:
        RELU
        SIGMOID
        IDENTITY

    enum OptimizerName:
        ADAGRAD
        ADAM
        RMSPROP
        PLAIN_SGD

    struct Training:
        Vector* rows
        int32_t* slots
        Vector* sums
        int32_t* counts
        int32_t* touched
        Vector* linear
        const Vector* user_mask
        const Vector* user_penalty
        const Vector* item_mask
        const Vector* item_penalty
        const Vector* linear_mask
        int64_t n_users
        int64_t n_items
        int64_t capacity
        int64_t n_touched_users
        int64_t n_touched_items
        int64_t n_steps
        int width
        bint penalized
        float learning_rate
        ActivationName activation
        OptimizerName optimizer

    const int LANES
    bint _use_avx2 "use_avx2"()
    double train[Record](
        Training& training, const Record* records, int64_t n_records, int64_t begin, int64_t end, int64_t batch_size
    ) except +


cdef packed struct WideFields:
    int32_t user
    int32_t item
    float rating

ctypedef fused record:
    uint64_t
    WideFields


N_LANES = LANES  # numbers of a vector


def use_avx2():
    """Whether there is a build for AVX2 and FMA, `_fused_kernel_avx2`, and this processor runs it."""
    return bool(_use_avx2())


def train_ratings(
    record[::1] records,
    int64_t begin,
    int64_t end,
    int64_t batch_size,
    int64_t n_users,
    float[:, ::1] rows,
    int32_t[::1] slots,
    float[:, ::1] sums,
    int32_t[::1] counts,
    int32_t[::1] touched,
    float[::1] linear,
    const float[:, ::1] lanes,
    bint penalized,
    int64_t[::1] progress,
    str sgd_mode,
    str activation,
    float learning_rate,
):
    """Train on the ratings `begin`..`end`-1 of an epoch, with a step at the end of every batch among them.

    A batch may be cut: its last part makes the step. Equivalent to `train` in tests/reference/matrix_factorization.py
    with the parameters as `_padded_rows.PaddedRows` lays them out. Letters of the shapes: S and L numbers of a row
    with and without its states, L a multiple of 8; R rows; C at least one more than the most users and the most items
    of a batch together.

    Parameters
    ----------
    records : (n,) of one of the types in `_rating_records`, the ratings of the epoch
    begin, end : int, 0 <= begin <= end <= n
    batch_size : int >= 1
    n_users : int, rows of the table that are users; the others are items
    rows : (R, S) float32, updated; it starts at a multiple of 32 bytes, as do the other arrays of rows
    slots : (R,) int32, -1 between two batches
    sums : (C, L) float32, 0 between two batches
    counts : (C,) int32, 0 between two batches
    touched : (C,) int32, work space
    linear : (S,) float32, updated
    lanes : (5, L) float32, from `_padded_rows.masks_and_penalties`
    penalized : bool, whether any of the penalties is > 0
    progress : (3,) int64, updated; users and items that the current batch has touched, and steps so far
    sgd_mode : {"adagrad", "adam", "rmsprop", "sgd"}
    activation : {"relu", "sigmoid", "identity"}
    learning_rate : float

    Returns
    -------
    float
        The sum of the losses.
    """
    cdef Training training
    cdef double loss

    training.rows = <Vector*> &rows[0, 0]
    training.slots = &slots[0]
    training.sums = <Vector*> &sums[0, 0]
    training.counts = &counts[0]
    training.touched = &touched[0]
    training.linear = <Vector*> &linear[0]
    training.user_mask = <const Vector*> &lanes[0, 0]
    training.user_penalty = <const Vector*> &lanes[1, 0]
    training.item_mask = <const Vector*> &lanes[2, 0]
    training.item_penalty = <const Vector*> &lanes[3, 0]
    training.linear_mask = <const Vector*> &lanes[4, 0]
    training.n_users = n_users
    training.n_items = rows.shape[0] - n_users
    training.capacity = sums.shape[0]
    training.n_touched_users = progress[0]
    training.n_touched_items = progress[1]
    training.n_steps = progress[2]
    training.width = <int> (lanes.shape[1] // LANES)
    training.penalized = penalized
    training.learning_rate = learning_rate
    training.optimizer = {"adagrad": ADAGRAD, "adam": ADAM, "rmsprop": RMSPROP, "sgd": PLAIN_SGD}[sgd_mode]
    training.activation = {"relu": RELU, "sigmoid": SIGMOID, "identity": IDENTITY}[activation]
    with nogil:
        if record is uint64_t:
            loss = train(training, <const PackedRecord*> &records[0], records.shape[0], begin, end, batch_size)
        else:
            loss = train(training, <const WideRecord*> &records[0], records.shape[0], begin, end, batch_size)
    progress[0] = training.n_touched_users
    progress[1] = training.n_touched_items
    progress[2] = training.n_steps
    return loss
