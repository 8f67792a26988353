/* lapakd: options and signals; what it is made of is hosting/host.c. */
#include <curl/curl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "hosting/handover.h"
#include "hosting/host.h"
#include "hosting/notify.h"
#include "hosting/serve.h"
#include "tenants/places.h"

enum { EXIT_FAULT = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: lapakd [--config FILE] [--env FILE]\n"
    "Hosts many Telegram stores in one process.\n"
    "\n"
    "  -c, --config FILE  the server's configuration (default: conf/lapak.yaml,\n"
    "                     else /etc/lapak/lapak.yaml)\n"
    "  -e, --env FILE     variables for ${NAME} in YAML; the environment wins (default: .env,\n"
    "                     else env beside the configuration)\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT; 1 could not start or had to stop hard; 2 wrong usage.\n"
    "Check a configuration without starting: lapakctl check\n";

static void raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files))
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

static int run(const char *config_path, const char *env_path, struct handover *handover)
{
    struct host *host = host_new(config_path, env_path, handover);
    if (!host)
        return EXIT_FAULT;
    sigset_t signals;
    serve_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the first thread, so that all of them inherit it */
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    curl_global_init(CURL_GLOBAL_DEFAULT);

    struct error err;
    bool ok = host_start(host, &err);
    if (ok)
        host_serve(host, &signals);
    else {
        log_error(NULL, "can't start: %s", err.text);
        if (!isatty(STDERR_FILENO))
            fprintf(stderr, "lapakd: can't start: %s\n", err.text);
    }
    handover_cancel(handover);
    host_stop(&host);
    curl_global_cleanup();
    return ok ? EXIT_SUCCESS : EXIT_FAULT;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"env", required_argument, NULL, 'e'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    const char *config_path = NULL, *env_path = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "c:e:hV", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            config_path = optarg;
            break;
        case 'e':
            env_path = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("lapakd " LAPAK_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try: lapakd --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "lapakd: unexpected argument: %s\nTry: lapakd --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    notify_start();
    struct handover *handover = handover_new(argv); /* before anything else opens a descriptor */
    auto_arena struct arena *arena = arena_new();
    int status = run(places_config(config_path), places_env(arena, env_path, config_path), handover);
    handover_end(&handover);
    return status;
}
