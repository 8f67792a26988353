/* What the kernel says of processors and memory, read off its texts: /proc/stat, /proc/meminfo, control
 * groups. Pure but for proc_cgroup(), so that any text can be tried. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct proc_cpu {
    uint64_t busy, all; /* ticks since the machine started */
};
struct proc_memory {
    int64_t total, available; /* bytes */
};

/* The line "cpu …" of /proc/stat. */
bool proc_read_cpu(const char *text, struct proc_cpu *cpu_out);
/* Percent of the time between two looks; -1 where they don't follow each other. */
int proc_cpu_percent(const struct proc_cpu *before, const struct proc_cpu *now);
/* MemTotal and MemAvailable of /proc/meminfo. */
bool proc_read_memory(const char *text, struct proc_memory *memory_out);
/* 0 to 100. */
int proc_memory_percent(const struct proc_memory *memory);
/* Where a control group limits its memory: from the texts of memory.max, memory.current and memory.stat
 * (version 2), or limit_in_bytes, usage_in_bytes and memory.stat (version 1). False where there is no limit
 * below `total`. What the page cache could give back counts as available. */
bool proc_read_cgroup(const char *limit, const char *usage, const char *stat, int64_t total,
                      struct proc_memory *memory_out);
/* Our group's path from the text of /proc/self/cgroup: version 2's, else that of version 1's memory
 * controller (`*is_v1_out`). NULL where there is none; in the arena. */
const char *proc_cgroup_path(struct arena *arena, const char *text, bool *is_v1_out);

/* The memory of the machine, or of the fullest group we are in; reads the files. */
bool proc_memory_now(struct proc_memory *memory_out);
bool proc_cpu_now(struct proc_cpu *cpu_out);
