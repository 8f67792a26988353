#include "http/certificate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "watch/alerts.h"

enum { LOOK_MS = 5000 };

/* By what a file is known to be another one, or changed. Of a missing one all is zero. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct pair {
    struct stamp certificate, key;
};

struct certificate {
    const struct config *config;
    struct listener *listener;
    struct pool *pool;
    struct tls *tls;       /* the first one; handed to the listener at its start */
    pthread_mutex_t mutex; /* one look at a time; guards what follows */
    struct pair tried;     /* what was last loaded, or refused */
    struct pair seen;      /* at the look before */
};

static struct stamp stamp_of(const char *path)
{
    struct stat status;
    struct stamp stamp;
    memset(&stamp, 0, sizeof stamp); /* with its padding: compared as bytes */
    if (stat(path, &status) == 0) {
        stamp.device = status.st_dev;
        stamp.inode = status.st_ino;
        stamp.size = status.st_size;
        stamp.changed = status.st_ctim; /* also where only the mode was */
    }
    return stamp;
}

static struct pair pair_of(const struct config *config)
{
    struct pair pair;
    memset(&pair, 0, sizeof pair);
    pair.certificate = stamp_of(config->tls_certificate);
    pair.key = stamp_of(config->tls_key);
    return pair;
}

static bool same_pair(const struct pair *a, const struct pair *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void tell_end(const struct config *config, const struct tls *tls, const char *what)
{
    char text[32];
    time_t end = (time_t)(tls_expires(tls) / 1000);
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&end, &utc));
    if (end <= time(NULL))
        log_warn(NULL, "%s %s, but it ended on %s", what, config->tls_certificate, text);
    else
        log_info(NULL, "%s %s, good until %s", what, config->tls_certificate, text);
}

bool certificate_open(const struct config *config, struct certificate **certificate_out, struct error *err)
{
    if (!config->tls_certificate) {
        *certificate_out = NULL;
        return true;
    }
    struct pair pair = pair_of(config);
    struct tls *tls = NULL;
    if (!tls_load(config->tls_certificate, config->tls_key, &tls, err))
        return false;
    struct certificate *certificate = xcalloc(1, sizeof *certificate);
    certificate->config = config;
    certificate->tls = tls;
    certificate->tried = certificate->seen = pair;
    pthread_mutex_init(&certificate->mutex, NULL);
    tell_end(config, tls, "TLS with");
    *certificate_out = certificate;
    return true;
}

const struct tls *certificate_tls(const struct certificate *certificate)
{
    return certificate ? certificate->tls : NULL;
}

static void take(struct certificate *certificate)
{
    const struct config *config = certificate->config;
    struct error err;
    struct tls *tls = NULL;
    if (!tls_load(config->tls_certificate, config->tls_key, &tls, &err)) {
        log_warn(NULL, "the new certificate is not used, the old one stays: %s", err.text);
        alert_raise(NULL, ALERT_CERTIFICATE, "reload", "%s", err.text);
        return;
    }
    listener_set_tls(certificate->listener, tls);
    tell_end(config, tls, "new certificate: TLS with");
    alert_clear(NULL, ALERT_CERTIFICATE, "reload");
    tls_free(&tls);
}

static void look(struct certificate *certificate, bool at_once)
{
    pthread_mutex_lock(&certificate->mutex);
    struct pair now = pair_of(certificate->config);
    if (!same_pair(&now, &certificate->tried) && (at_once || same_pair(&now, &certificate->seen))) {
        certificate->tried = now; /* as it was before it was read: what changes meanwhile is read again */
        take(certificate);
    }
    certificate->seen = now;
    pthread_mutex_unlock(&certificate->mutex);
}

static void look_at_times(void *argument)
{
    struct certificate *certificate = argument;
    look(certificate, false);
    pool_submit_later(certificate->pool, LOOK_MS, look_at_times, certificate);
}

static void look_now(void *argument)
{
    look(argument, true);
}

void certificate_watch(struct certificate *certificate, struct listener *listener, struct pool *pool)
{
    if (!certificate)
        return;
    certificate->listener = listener;
    certificate->pool = pool;
    pool_submit_later(pool, LOOK_MS, look_at_times, certificate);
}

void certificate_reload(struct certificate *certificate)
{
    if (certificate)
        pool_submit(certificate->pool, look_now, certificate);
}

void certificate_close(struct certificate **pointer)
{
    struct certificate *certificate = *pointer;
    if (!certificate)
        return;
    tls_free(&certificate->tls);
    pthread_mutex_destroy(&certificate->mutex);
    free(certificate);
    *pointer = NULL;
}
