/*
 * A certificate with its key, as a listener speaks TLS with it: TLS 1.2 and 1.3, forward secrecy only,
 * HTTP/1.1 only. Made of two PEM files: the certificate with its chain, and the key without a passphrase.
 * What fails is ERR_INVALID and names the file; never a word of the key.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct tls;

/* A key that everybody on the machine may read is refused, and so is a pair that does not belong together.
 * Whether the certificate is still good is not asked: see tls_expires(). Any thread; reads files. */
MUST_USE bool tls_load(const char *certificate, const char *key, struct tls **tls_out, struct error *err);
/* Listeners that use it keep what they need of it. Sets the pointer to NULL. */
void tls_free(struct tls **tls);

/* When the certificate ends, Unix time in ms. */
int64_t tls_expires(const struct tls *tls);
/* The same of a file, without its key. Any thread; reads a file. */
MUST_USE bool tls_certificate_expires(const char *path, int64_t *ms_out, struct error *err);
