#pragma once
// The library wants to know its unit before its header: bytes, for UTF-8.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
