#pragma once
// libjose, loaded when a portal first checks a provider's signature: nobody else pays for it and the libcrypto behind it.

enum { LECTERN_JOSE_WRONG, LECTERN_JOSE_GENUINE, LECTERN_JOSE_UNREADABLE };

/// Loads the library once. NULL when it is there, else why not.
const char *lectern_jose_load(void);
/// Whether a JWS in flattened JSON (RFC 7515, section 7.2.2) was signed with a key (RFC 7517), both as texts ended by NUL.
int lectern_jose_verify(const char *jws, const char *key);
