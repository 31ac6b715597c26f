#pragma once
// Files of Assets/ and of the libraries that pages use, as bytes inside the program.
#include <stddef.h>

typedef struct {
    const char *name;  // path below /static/, for example "lectern.css"
    const unsigned char *bytes;
    size_t size;  // bytes
} lectern_asset;

extern const lectern_asset lectern_assets[];
extern const size_t lectern_asset_count;

// Swift imports no array of unknown length.
static inline const lectern_asset *lectern_asset_at(size_t index) { return &lectern_assets[index]; }
