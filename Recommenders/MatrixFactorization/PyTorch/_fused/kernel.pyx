"""Mini-batch training of the factorisation, and what it can train; the arithmetic is in `training.hpp`."""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "training.hpp" nogil:
    cdef cppclass Vector:
        pass

    struct WideRecord:
        int32_t user
        int32_t item
        float rating

    cppclass Slice[Record]:
        const Record* records
        int64_t n_records
        int64_t begin
        int64_t end
        int64_t batch_size

    enum Loss:
        pass

    enum Activation:
        pass

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
        int32_t n_users
        int32_t n_rows
        int32_t n_slots
        int32_t users_end
        int32_t items_begin
        int64_t n_steps
        int n_vectors
        bint penalized
        float learning_rate
        Loss loss
        Activation activation
        int optimizer

    const int _LANES "LANES"
    const int _MAX_FACTORS "MAX_FACTORS"
    const int _N_BIASES "N_BIASES"
    const char* LOSS_NAMES[]
    const char* ACTIVATION_NAMES[]
    const int N_LOSSES "std::size(LOSS_NAMES)"
    const int N_ACTIVATIONS "std::size(ACTIVATION_NAMES)"
    vector[pair[string, int]] names_and_states "Optimizers::names_and_states"()
    bint _use_avx2 "use_avx2"()
    double train[Record](Training& training, const Slice[Record]& ratings) except +


ctypedef fused record:
    uint64_t
    WideRecord


N_LANES = _LANES  # numbers of a vector
N_BIASES = _N_BIASES  # numbers of a row that follow the factors
MAX_FACTORS = _MAX_FACTORS
MAX_ROWS = 2**31 - 2  # users and items together; one more is a number of slots, an int32
LOSSES = tuple([LOSS_NAMES[k].decode() for k in range(N_LOSSES)])
ACTIVATIONS = tuple([ACTIVATION_NAMES[k].decode() for k in range(N_ACTIVATIONS)])
OPTIMIZERS = {name.decode(): n_states for name, n_states in names_and_states()}  # the states of every number


def use_avx2():
    """Return whether there is a build for AVX2 and FMA, `kernel_avx2`, and this processor runs it."""
    return bool(_use_avx2())


def train_ratings(
    record[::1] records,  # (n,), the ratings of an epoch
    int64_t begin,
    int64_t end,  # 0 <= begin <= end <= n
    int64_t batch_size,  # >= 1
    arrays,  # the TrainingArrays of engine.py: parameters and the work space of a batch, updated
    settings,  # Hyperparameters, with names out of LOSSES, ACTIVATIONS and OPTIMIZERS
):
    """Train on the ratings `begin`..`end`-1, with a step at the end of every batch, and return the sum of the losses.

    A batch may be cut: its last part makes the step. Equivalent to `train` in tests/reference/matrix_factorization.py.
    """
    cdef float[:, ::1] rows = arrays.rows, sums = arrays.sums
    cdef float[::1] linear = arrays.linear
    cdef const float[:, ::1] masks_and_penalties = arrays.masks_and_penalties
    cdef int32_t[::1] slots = arrays.slots, counts = arrays.counts, touched = arrays.touched
    cdef int64_t[::1] progress = arrays.progress
    cdef Training training
    cdef Slice[record] ratings
    cdef double loss

    training.rows = <Vector*> &rows[0, 0]
    training.slots = &slots[0]
    training.sums = <Vector*> &sums[0, 0]
    training.counts = &counts[0]
    training.touched = &touched[0]
    training.linear = <Vector*> &linear[0]
    training.user_mask = <const Vector*> &masks_and_penalties[0, 0]
    training.user_penalty = <const Vector*> &masks_and_penalties[1, 0]
    training.item_mask = <const Vector*> &masks_and_penalties[2, 0]
    training.item_penalty = <const Vector*> &masks_and_penalties[3, 0]
    training.linear_mask = <const Vector*> &masks_and_penalties[4, 0]
    training.n_users = arrays.n_users
    training.n_rows = <int32_t> rows.shape[0]
    training.n_slots = <int32_t> sums.shape[0]
    training.users_end = <int32_t> progress[0]
    training.items_begin = <int32_t> (sums.shape[0] - progress[1])
    training.n_steps = progress[2]
    training.n_vectors = <int> (sums.shape[1] // _LANES)
    training.penalized = settings.is_penalized
    training.learning_rate = settings.learning_rate
    training.loss = <Loss> <int> LOSSES.index(settings.loss)
    training.activation = <Activation> <int> ACTIVATIONS.index(settings.activation)
    training.optimizer = list(OPTIMIZERS).index(settings.sgd_mode)
    ratings.records = &records[0]
    ratings.n_records = records.shape[0]
    ratings.begin = begin
    ratings.end = end
    ratings.batch_size = batch_size
    with nogil:
        loss = train(training, ratings)
    progress[0] = training.users_end
    progress[1] = training.n_slots - training.items_begin
    progress[2] = training.n_steps
    return loss
