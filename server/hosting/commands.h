/* What can be asked of a running server through its control socket: the table is host_commands. */
#pragma once

#include "hosting/control.h"
#include "hosting/reload.h"

/* What the commands work on. */
struct command_room {
    struct reload *reload;
    struct service *service;
    int64_t started_ms;
};

extern const struct control_command host_commands[];
extern const size_t host_command_count;
