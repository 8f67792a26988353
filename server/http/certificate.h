/*
 * The certificate of the listener: watched, and put in the place of the old one without a restart. Its files
 * are looked at every few seconds, and at once when asked; a changed pair is taken when it was left alone for
 * one look, so that nothing is made of one file without the other. A pair that can't be used leaves the old
 * one in use: the log and the alert CERTIFICATE ("reload") say why, until the files are good again.
 *
 * Looks run in the worker pool, because they read files.
 */
#pragma once

#include "tenants/config.h"
#include "web/listener.h"
#include "work/pool.h"

struct certificate;

/* Reads the pair; the output is NULL where the configuration names none. The configuration is borrowed. */
MUST_USE bool certificate_open(const struct config *config, struct certificate **certificate_out,
                               struct error *err);
/* For listener_start(); NULL where there is none. */
const struct tls *certificate_tls(const struct certificate *certificate);
/* Begins to look; both are borrowed until certificate_close(). Like all below, does nothing with NULL. */
void certificate_watch(struct certificate *certificate, struct listener *listener, struct pool *pool);
/* Takes a changed pair now. Any thread, while the pool runs. */
void certificate_reload(struct certificate *certificate);
/* After the pool has ended. Sets the pointer to NULL. */
void certificate_close(struct certificate **certificate);
