#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"

enum { PATIENCE_S = 600 };

static bool reach(const char *path, int *fd_out, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    if (strlen(path) >= sizeof address.sun_path)
        return error_set(err, ERR_INVALID, "control_socket: the path is too long: %s", path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        const char *why = strerror(errno);
        if (fd >= 0)
            close(fd);
        return error_set(err, ERR_NOT_FOUND,
                         "no lapakd answers at %s: %s (does it run, with this configuration, and are you its "
                         "user or root?)",
                         path, why);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    *fd_out = fd;
    return true;
}

static bool exchange(struct arena *arena, int fd, const json_t *request, json_t **answer_out,
                     struct error *err)
{
    struct str text = STR_INIT(arena);
    char part[4096];
    ssize_t n;
    const char *line = arena_printf(arena, "%s\n", json_text(arena, request));
    if (send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
        return error_set(err, ERR_RETRY, "lapakd does not listen: %s", strerror(errno));
    while ((n = recv(fd, part, sizeof part, 0)) > 0)
        str_add_bytes(&text, part, (size_t)n);
    if (n < 0 || text.length == 0)
        return error_set(err, ERR_RETRY, "lapakd did not answer: %s",
                         n < 0 ? strerror(errno) : "it is stopping, or busy");
    return json_parse(str_done(&text), text.length, answer_out, err) || error_context(err, "lapakd's answer");
}

bool server_ask(const struct command_setup *setup, json_t *request_taken, json_t **answer_out,
                struct error *err)
{
    auto_json json_t *request = request_taken;
    auto_arena struct arena *arena = arena_new();
    json_t *answer = NULL;
    const char *problem;
    int fd;
    if (!reach(setup->config->control_socket, &fd, err))
        return false;
    bool ok = exchange(arena, fd, request, &answer, err);
    close(fd);
    if (ok && json_get_string(answer, "error", &problem)) {
        error_set(err, ERR_REFUSED, "%s", problem);
        json_decref(answer);
        return false;
    }
    if (ok)
        *answer_out = answer;
    return ok;
}
