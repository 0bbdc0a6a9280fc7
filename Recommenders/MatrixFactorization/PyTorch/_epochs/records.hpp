// One rating of an epoch, in one of two forms. Both kernels read and write ratings by these functions alone.
#pragma once

#include <cstdint>
#include <cstring>

struct WideRecord {
    int32_t user, item;
    float rating;
};

// From the highest bit on: the user, the item, and the upper half of the float32 rating, which holds whole and half
// stars.
typedef uint64_t PackedRecord;

constexpr int ID_BITS = 24, RATING_BITS = 16;

namespace {

inline void write_record(WideRecord* record, int64_t user, int64_t item, float rating) {
    *record = {static_cast<int32_t>(user), static_cast<int32_t>(item), rating};
}

inline void write_record(PackedRecord* record, int64_t user, int64_t item, float rating) {
    uint32_t bits;
    std::memcpy(&bits, &rating, sizeof bits);
    *record = static_cast<uint64_t>(user) << (ID_BITS + RATING_BITS) | static_cast<uint64_t>(item) << RATING_BITS |
              bits >> RATING_BITS;
}

inline int64_t user_of(const WideRecord& record) { return record.user; }
inline int64_t item_of(const WideRecord& record) { return record.item; }
inline float rating_of(const WideRecord& record) { return record.rating; }

inline int64_t user_of(PackedRecord record) { return static_cast<int64_t>(record >> (ID_BITS + RATING_BITS)); }
inline int64_t item_of(PackedRecord record) {
    return static_cast<int64_t>(record >> RATING_BITS & ((uint64_t{1} << ID_BITS) - 1));
}
inline float rating_of(PackedRecord record) {
    const uint32_t bits = static_cast<uint32_t>(record << RATING_BITS);
    float rating;
    std::memcpy(&rating, &bits, sizeof rating);
    return rating;
}

}  // namespace
