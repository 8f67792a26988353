#include "web/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "web/internal.h"

struct tls {
    SSL_CTX *context;
    int64_t expires_ms;
};

/* OpenSSL would ask at the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    return 0;
}

/* The words of OpenSSL's first complaint; the others follow from it. */
static const char *openssl_reason(void)
{
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char *reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    return reason ? reason : "not what it should be";
}

static bool certificate_end(const X509 *certificate, const char *path, int64_t *ms_out, struct error *err)
{
    struct tm end = {0};
    if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end))
        return error_set(err, ERR_INVALID, "%s: the certificate has no end that can be read", path);
    *ms_out = (int64_t)timegm(&end) * 1000;
    return true;
}

bool tls_certificate_expires(const char *path, int64_t *ms_out, struct error *err)
{
    ERR_clear_error();
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate = file ? PEM_read_bio_X509_AUX(file, NULL, no_passphrase, NULL) : NULL;
    bool done = certificate ? certificate_end(certificate, path, ms_out, err)
                            : error_set(err, ERR_INVALID, "%s: %s", path, openssl_reason());
    X509_free(certificate);
    BIO_free(file);
    return done;
}

/* Whoever can read the key can be us. */
static bool check_key_file(const char *path, struct error *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(err, ERR_INVALID, "%s: %s", path, strerror(errno));
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return error_set(err, ERR_INVALID,
                         "%s: everybody may read or write the key (mode %04o); chmod 640 it", path,
                         (unsigned)(status.st_mode & 07777));
    return true;
}

/* Who asks for other protocols only is told so in the handshake, and does not talk past us afterwards. */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *offered, unsigned offered_length, void *context)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *selected = NULL;
    if (SSL_select_next_proto(&selected, out_length, ours, sizeof ours - 1, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = selected;
    return SSL_TLSEXT_ERR_OK;
}

static bool context_set_up(SSL_CTX *context, const char *certificate, const char *key, struct error *err)
{
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets do */
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20"))
        return error_set(err, ERR_INTERNAL, "TLS: %s", openssl_reason());
    if (!check_key_file(key, err))
        return false;
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return error_set(err, ERR_INVALID, "%s: %s", key, openssl_reason());
    /* After the key, which it drops where they do not fit: then the next check can name both. */
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return error_set(err, ERR_INVALID, "%s: %s", certificate, openssl_reason());
    if (SSL_CTX_check_private_key(context) != 1)
        return error_set(err, ERR_INVALID, "%s is not the key of %s", key, certificate);
    return true;
}

bool tls_load(const char *certificate, const char *key, struct tls **tls_out, struct error *err)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context)
        return error_set(err, ERR_INTERNAL, "TLS: %s", openssl_reason());
    int64_t expires_ms = 0;
    if (!context_set_up(context, certificate, key, err) ||
        !certificate_end(SSL_CTX_get0_certificate(context), certificate, &expires_ms, err)) {
        SSL_CTX_free(context);
        return false;
    }
    struct tls *tls = xcalloc(1, sizeof *tls);
    *tls = (struct tls){.context = context, .expires_ms = expires_ms};
    *tls_out = tls;
    return true;
}

void tls_free(struct tls **pointer)
{
    struct tls *tls = *pointer;
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
    *pointer = NULL;
}

int64_t tls_expires(const struct tls *tls)
{
    return tls->expires_ms;
}

SSL_CTX *tls_context(const struct tls *tls)
{
    SSL_CTX_up_ref(tls->context);
    return tls->context;
}
