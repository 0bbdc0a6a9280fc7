// The ratings of an epoch as _rating_records.py stores them.
#pragma once

#include <cstdint>
#include <cstring>

struct PackedRecord {
    uint64_t bits;

    int64_t user() const { return static_cast<int64_t>(bits >> 40); }
    int64_t item() const { return static_cast<int64_t>(bits >> 16 & 0xFFFFFF); }
    float rating() const {
        const uint32_t upper_half = static_cast<uint32_t>(bits << 16);
        float value;
        std::memcpy(&value, &upper_half, sizeof value);
        return value;
    }
};

struct WideRecord {
    int32_t user_id, item_id;
    float value;

    int64_t user() const { return user_id; }
    int64_t item() const { return item_id; }
    float rating() const { return value; }
};
