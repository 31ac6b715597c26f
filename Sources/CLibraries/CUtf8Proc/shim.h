#pragma once
#include <utf8proc.h>

// The options are an enum whose values Swift does not combine.
static inline utf8proc_ssize_t lectern_normalize(
    const utf8proc_uint8_t *text, utf8proc_ssize_t size, utf8proc_uint8_t **result, int folds_case) {
    int options = UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE;
    if (folds_case) options |= UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    return utf8proc_map(text, size, result, (utf8proc_option_t)options);
}
