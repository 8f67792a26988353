#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "web/listener.h"

enum { DAY = 24 * 3600, HANDSHAKE_MS = 300 };

struct world {
    char directory[64];
    char certificate[96], key[96], other_certificate[96], other_key[96];
    struct listener *listener;
    SSL_CTX *client;
};

static void write_pair(const char *certificate_path, const char *key_path, const char *name, long seconds,
                       const char *passphrase)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), seconds);
    X509_set_pubkey(x509, key);
    X509_NAME *subject = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x509, subject);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    FILE *file = fopen(certificate_path, "w");
    assert_true(PEM_write_X509(file, x509));
    fclose(file);
    file = fopen(key_path, "w");
    assert_true(PEM_write_PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL,
                                     (const unsigned char *)passphrase,
                                     passphrase ? (int)strlen(passphrase) : 0, NULL, NULL));
    fclose(file);
    chmod(key_path, 0600);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void on_hello(struct web_request *request, void *context)
{
    web_respond_text(request->token, 200, "hello over TLS");
}

static const struct web_route routes[] = {{"GET", "/hello", false, on_hello}};

static struct listener *start(const struct tls *tls)
{
    struct error err;
    struct listener *listener = NULL;
    struct listener_options options = {.host = "127.0.0.1",
                                       .max_body = 1000,
                                       .routes = routes,
                                       .route_count = 1,
                                       .server_name = "test",
                                       .tls = tls,
                                       .handshake_ms = HANDSHAKE_MS};
    assert_true(listener_start(&options, &listener, &err));
    return listener;
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct error err;
    struct tls *tls = NULL;
    snprintf(w->directory, sizeof w->directory, "/tmp/lapak-tls-XXXXXX");
    if (!mkdtemp(w->directory))
        return -1;
    snprintf(w->certificate, sizeof w->certificate, "%s/cert.pem", w->directory);
    snprintf(w->key, sizeof w->key, "%s/key.pem", w->directory);
    snprintf(w->other_certificate, sizeof w->other_certificate, "%s/other-cert.pem", w->directory);
    snprintf(w->other_key, sizeof w->other_key, "%s/other-key.pem", w->directory);
    write_pair(w->certificate, w->key, "first", 10 * DAY, NULL);
    write_pair(w->other_certificate, w->other_key, "second", 20 * DAY, NULL);
    if (!tls_load(w->certificate, w->key, &tls, &err))
        return -1;
    w->listener = start(tls);
    tls_free(&tls); /* the listener keeps what it needs */
    w->client = SSL_CTX_new(TLS_client_method());
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    listener_drain(w->listener);
    listener_stop(&w->listener);
    SSL_CTX_free(w->client);
    unlink(w->certificate);
    unlink(w->key);
    unlink(w->other_certificate);
    unlink(w->other_key);
    rmdir(w->directory);
    free(w);
    return 0;
}

static int dial(struct world *w)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(listener_port(w->listener)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* A session after its handshake, or NULL; `alpn` in the wire's form. */
static SSL *greet(struct world *w, int fd, const char *alpn)
{
    SSL *ssl = SSL_new(w->client);
    SSL_set_fd(ssl, fd);
    if (alpn)
        SSL_set_alpn_protos(ssl, (const unsigned char *)alpn, (unsigned)strlen(alpn));
    if (SSL_connect(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static void peer_name(SSL *ssl, char name[static 32])
{
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)), NID_commonName, name,
                              32);
}

static void ask(SSL *ssl)
{
    static const char request[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    char answer[1024];
    int length = 0;
    assert_int_equal(SSL_write(ssl, request, sizeof request - 1), sizeof request - 1);
    do {
        int got = SSL_read(ssl, answer + length, (int)sizeof answer - 1 - length);
        assert_true(got > 0);
        length += got;
        answer[length] = '\0';
    } while (!strstr(answer, "hello over TLS"));
    assert_memory_equal(answer, "HTTP/1.1 200 OK\r\n", 17);
}

static void hang_up(SSL *ssl, int fd)
{
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

static bool closed_by_peer(int fd)
{
    char bytes[256];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        ;
    return n == 0;
}

static void speaks_http_1_1_over_tls(void **state)
{
    struct world *w = *state;
    const unsigned char *protocol;
    unsigned length;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX_set_max_proto_version(w->client, version);
        int fd = dial(w);
        SSL *ssl = greet(w, fd, "\x02h2\x08http/1.1");
        assert_non_null(ssl);
        assert_int_equal(SSL_version(ssl), version);
        SSL_get0_alpn_selected(ssl, &protocol, &length);
        assert_int_equal(length, 8);
        assert_memory_equal(protocol, "http/1.1", 8);
        ask(ssl);
        ask(ssl); /* kept alive */
        hang_up(ssl, fd);
    }
    int fd = dial(w);
    SSL *ssl = greet(w, fd, NULL);
    assert_non_null(ssl);
    ask(ssl);
    hang_up(ssl, fd);
}

static void refuses_what_it_does_not_speak(void **state)
{
    struct world *w = *state;
    int fd = dial(w);
    assert_null(greet(w, fd, "\x02h2"));
    assert_true(closed_by_peer(fd));
    close(fd);

    SSL_CTX_set_security_level(w->client, 0);
    SSL_CTX_set_min_proto_version(w->client, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(w->client, TLS1_1_VERSION);
    fd = dial(w);
    assert_null(greet(w, fd, NULL));
    close(fd);

    fd = dial(w);
    static const char plain[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_int_equal(send(fd, plain, sizeof plain - 1, 0), sizeof plain - 1);
    assert_true(closed_by_peer(fd));
    close(fd);
}

static void cuts_those_who_do_not_shake_hands(void **state)
{
    struct world *w = *state;
    int64_t began = clock_mono_ms();
    int silent = dial(w), slow = dial(w);
    assert_int_equal(send(slow, "\x16\x03\x01", 3, 0), 3);
    int busy = dial(w);
    SSL *ssl = greet(w, busy, NULL); /* served meanwhile */
    assert_non_null(ssl);
    ask(ssl);
    assert_true(closed_by_peer(silent));
    assert_true(closed_by_peer(slow));
    assert_true(clock_mono_ms() - began >= HANDSHAKE_MS - 50);
    ask(ssl);
    hang_up(ssl, busy);
    close(silent);
    close(slow);
}

static void takes_another_certificate_while_connections_are_open(void **state)
{
    struct world *w = *state;
    struct error err;
    struct tls *second = NULL;
    char name[32];
    int fd = dial(w), waiting = dial(w);
    SSL *ssl = greet(w, fd, NULL);
    assert_non_null(ssl);
    ask(ssl);
    peer_name(ssl, name);
    assert_string_equal(name, "first");

    assert_true(tls_load(w->other_certificate, w->other_key, &second, &err));
    listener_set_tls(w->listener, second);
    tls_free(&second);
    for (;;) { /* until the loop has got it */
        int fresh = dial(w);
        SSL *other = greet(w, fresh, NULL);
        assert_non_null(other);
        peer_name(other, name);
        ask(other);
        hang_up(other, fresh);
        if (strcmp(name, "second") == 0)
            break;
    }
    ask(ssl); /* the old connection goes on */
    hang_up(ssl, fd);
    ssl = greet(w, waiting, NULL); /* came before the change, and shakes hands after it */
    assert_non_null(ssl);
    ask(ssl);
    hang_up(ssl, waiting);
}

static void refuses_bad_pairs(void **state)
{
    struct world *w = *state;
    struct error err;
    struct tls *tls = NULL;

    assert_false(tls_load(w->certificate, w->other_key, &tls, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "other-key.pem is not the key of "));

    chmod(w->key, 0644);
    assert_false(tls_load(w->certificate, w->key, &tls, &err));
    assert_non_null(strstr(err.text, "mode 0644"));
    chmod(w->key, 0640);
    assert_true(tls_load(w->certificate, w->key, &tls, &err));
    tls_free(&tls);

    assert_false(tls_load("/nowhere/cert.pem", w->key, &tls, &err));
    assert_string_equal(err.text, "/nowhere/cert.pem: No such file or directory");
    assert_false(tls_load(w->certificate, "/nowhere/key.pem", &tls, &err));
    assert_string_equal(err.text, "/nowhere/key.pem: No such file or directory");
    assert_false(tls_load(w->key, w->certificate, &tls, &err)); /* the wrong way round */
    assert_int_equal(err.code, ERR_INVALID);

    write_pair(w->other_certificate, w->other_key, "locked", DAY, "rahasia");
    assert_false(tls_load(w->other_certificate, w->other_key, &tls, &err)); /* asks nobody at a terminal */
    assert_non_null(strstr(err.text, w->other_key));
    assert_null(tls);
}

static void tells_when_it_ends(void **state)
{
    struct world *w = *state;
    struct error err;
    struct tls *tls = NULL;
    int64_t ends = 0, wanted = clock_now_ms() + (int64_t)10 * DAY * 1000;
    assert_true(tls_certificate_expires(w->certificate, &ends, &err));
    assert_true(llabs(ends - wanted) < 60000);
    assert_true(tls_load(w->certificate, w->key, &tls, &err));
    assert_true(tls_expires(tls) == ends);
    tls_free(&tls);
    assert_false(tls_certificate_expires(w->key, &ends, &err));
    assert_non_null(strstr(err.text, w->key));
    assert_false(tls_certificate_expires("/nowhere", &ends, &err));
    assert_string_equal(err.text, "/nowhere: No such file or directory");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(speaks_http_1_1_over_tls),
        T(refuses_what_it_does_not_speak),
        T(cuts_those_who_do_not_shake_hands),
        T(takes_another_certificate_while_connections_are_open),
        T(refuses_bad_pairs),
        T(tells_when_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
