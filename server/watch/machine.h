/*
 * What the last look at the machine saw: for the owner's screens and /metrics. In this process's memory;
 * written by monitor/, read by anybody, from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum machine_place { MACHINE_LOGS, MACHINE_BACKUPS, MACHINE_DATABASE, MACHINE_PLACES };
enum machine_clock { MACHINE_CLOCK_DATABASE, MACHINE_CLOCK_TELEGRAM, MACHINE_CLOCK_GATEWAY, MACHINE_CLOCKS };

struct machine_disk {
    bool known;
    int percent; /* used, of what there is for others than root */
    int64_t free_bytes;
};

struct machine_figures {
    int64_t checked_ms; /* 0: nobody looked yet */
    int cpu_percent;    /* of all processors, since the look before; -1: not known */
    int memory_percent; /* of the machine, or of our control group where that is fuller; -1 */
    int64_t memory_bytes, memory_available_bytes; /* of the same */
    struct machine_disk disks[MACHINE_PLACES];
    int64_t log_bytes; /* all files below log_dir; -1 */
    bool database_known, database_up;
    int64_t database_bytes;
    int64_t connections, most_connections; /* of the whole database server */
    int64_t certificate_ms;                /* when the first of ours ends; 0: not known, or none */
    bool clock_known[MACHINE_CLOCKS];
    int64_t clock_ms[MACHINE_CLOCKS]; /* how far ahead of ours theirs is */
};

/* "logs", "backups", "database". */
const char *machine_place_name(enum machine_place place);
/* "PostgreSQL", "Telegram", "Pakasir". */
const char *machine_clock_name(enum machine_clock clock);

/* A copy of what is known. */
void machine_get(struct machine_figures *figures_out);
void machine_set(const struct machine_figures *figures);
/* For /metrics. */
void machine_render(struct str *page);
