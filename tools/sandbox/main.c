/* lapak-sandbox: the Telegram Bot API and Pakasir on localhost. Arguments, signals, beginning and end. */
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "control.h"
#include "page.h"
#include "pakasir.h"
#include "poster.h"
#include "sandbox.h"
#include "telegram.h"

enum { BODY_MOST = 52 * 1024 * 1024, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: lapak-sandbox [--listen HOST:PORT] [--fast] [--page DIR]\n"
    "\n"
    "A Telegram Bot API, a Pakasir v2 and a chat page for people, on this machine only. Everything is kept "
    "in memory.\n"
    "\n"
    "  --listen HOST:PORT  a loopback address; 127.0.0.1:8081 if not given; port 0 takes a free one\n"
    "  --fast              waits between tries of a webhook are a hundredth (20, 40, 80 ms ...)\n"
    "  --page DIR          read the chat page from this folder instead of the built-in one\n"
    "  --help              this\n";

static const struct web_route routes[] = {
    {NULL, "/bot", true, telegram_on_request},        {"GET", "/file/bot", true, telegram_on_file},
    {NULL, "/api/v2/", true, pakasir_on_request},     {"GET", "/pay-v2/", true, pakasir_on_page},
    {"GET", "/sandbox/file/", true, control_on_file}, {NULL, "/sandbox/", true, control_on_request},
    {"GET", "/assets/", true, page_on_asset},         {"GET", "/", false, page_on_index},
};

struct arguments {
    char host[64];
    uint16_t port;
    bool fast;
    const char *page;
};

static bool parse_listen(const char *text, struct arguments *arguments)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || !str_to_int64(colon + 1, &port) || port < 0 || port > 65535)
        return false;
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') { /* [::1] */
        text++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof arguments->host)
        return false;
    memcpy(arguments->host, text, length);
    arguments->host[length] = '\0';
    arguments->port = (uint16_t)port;
    return strcmp(arguments->host, "localhost") == 0 || strcmp(arguments->host, "::1") == 0 ||
           str_starts_with(arguments->host, "127.");
}

/* The program's exit code, or -1 to go on. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"fast", no_argument, NULL, 'f'},
                                            {"page", required_argument, NULL, 'p'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *arguments = (struct arguments){.host = "127.0.0.1", .port = 8081};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'l':
            if (!parse_listen(optarg, arguments)) {
                fprintf(stderr, "lapak-sandbox: --listen: not HOST:PORT with a loopback host: %s\n", optarg);
                return EXIT_USAGE;
            }
            break;
        case 'f':
            arguments->fast = true;
            break;
        case 'p':
            arguments->page = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        default:
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "lapak-sandbox: what is %s?\n%s", argv[optind], usage);
        return EXIT_USAGE;
    }
    return -1;
}

static void wait_for_the_end(void)
{
    sigset_t ends;
    int signal_number;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigwait(&ends, &signal_number);
}

static void block_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int code = parse_arguments(argc, argv, &arguments);
    if (code >= 0)
        return code;
    block_signals();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (arguments.page)
        page_use_folder(arguments.page);

    struct error err;
    static struct sandbox sandbox;
    sandbox.fast = arguments.fast;
    struct listener_options options = {.host = arguments.host,
                                       .port = arguments.port,
                                       .max_body = BODY_MOST,
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .context = &sandbox,
                                       .server_name = "lapak-sandbox"};
    auto_arena struct arena *arena = arena_new();
    sandbox.host = strchr(arguments.host, ':') ? arena_printf(arena, "[%s]", arguments.host) : arguments.host;
    if (!poster_start(&sandbox, &sandbox.poster, &err)) {
        fprintf(stderr, "lapak-sandbox: %s\n", err.text);
        return EXIT_FAILURE;
    }
    if (!listener_start(&options, &sandbox.listener, &err)) {
        fprintf(stderr, "lapak-sandbox: %s\n", err.text);
        poster_stop(sandbox.poster);
        poster_free(sandbox.poster);
        return EXIT_FAILURE;
    }
    printf("lapak-sandbox: %s\n", sandbox_url(&sandbox, arena, "/"));
    fflush(stdout);

    wait_for_the_end();
    poster_stop(sandbox.poster); /* first: it posts to the listener's loop */
    listener_drain(sandbox.listener);
    listener_stop(&sandbox.listener);
    sandbox_free(&sandbox);
    poster_free(sandbox.poster);
    curl_global_cleanup();
    return EXIT_SUCCESS;
}
