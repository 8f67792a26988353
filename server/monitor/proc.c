#include "monitor/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { MOST_TEXT = 64 * 1024 };

/* --- processors --- */

bool proc_read_cpu(const char *text, struct proc_cpu *cpu_out)
{
    uint64_t user, nice, system, idle, iowait, irq = 0, softirq = 0, steal = 0;
    int count = sscanf(text,
                       "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                       " %" SCNu64,
                       &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal);
    if (count < 5)
        return false;
    cpu_out->busy = user + nice + system + irq + softirq + steal;
    cpu_out->all = cpu_out->busy + idle + iowait;
    return true;
}

int proc_cpu_percent(const struct proc_cpu *before, const struct proc_cpu *now)
{
    if (now->all <= before->all || now->busy < before->busy)
        return -1;
    uint64_t busy = now->busy - before->busy, all = now->all - before->all;
    return busy >= all ? 100 : (int)((busy * 100 + all / 2) / all);
}

/* --- memory --- */

/* The number behind `name` at the beginning of a line. */
static bool line_value(const char *text, const char *name, int64_t *value_out)
{
    size_t length = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && sscanf(line + length, "%" SCNd64, value_out) == 1 &&
            *value_out >= 0)
            return true;
    }
    return false;
}

bool proc_read_memory(const char *text, struct proc_memory *memory_out)
{
    int64_t total, available;
    const int64_t most = INT64_MAX / 1024;
    if (!line_value(text, "MemTotal:", &total) || !line_value(text, "MemAvailable:", &available) ||
        total == 0 || total > most || available > most)
        return false;
    memory_out->total = total * 1024;
    memory_out->available = (available < total ? available : total) * 1024;
    return true;
}

int proc_memory_percent(const struct proc_memory *memory)
{
    double used = (double)(memory->total - memory->available);
    return (int)(used * 100 / (double)memory->total + 0.5);
}

bool proc_read_cgroup(const char *limit_text, const char *usage_text, const char *stat, int64_t total,
                      struct proc_memory *memory_out)
{
    int64_t limit, usage, cache = 0;
    if (sscanf(limit_text, "%" SCNd64, &limit) != 1 || sscanf(usage_text, "%" SCNd64, &usage) != 1)
        return false; /* "max" */
    if (limit <= 0 || limit >= total || usage < 0)
        return false;
    if (!line_value(stat, "total_inactive_file ", &cache) && !line_value(stat, "inactive_file ", &cache))
        cache = 0;
    int64_t used = usage > cache ? usage - cache : 0;
    memory_out->total = limit;
    memory_out->available = used < limit ? limit - used : 0;
    return true;
}

const char *proc_cgroup_path(struct arena *arena, const char *text, bool *is_v1_out)
{
    const char *found = NULL;
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *controllers = strchr(line, ':');
        const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        const char *end = strchr(line, '\n');
        if (!path || (end && path > end))
            continue;
        bool is_v2 = str_starts_with(line, "0::"), is_v1 = str_starts_with(controllers, ":memory:");
        if (!is_v1 && (!is_v2 || found))
            continue;
        /* Where both are mounted the memory is still version 1's business. */
        *is_v1_out = is_v1;
        found = arena_memdup(arena, path + 1, strcspn(path + 1, "\n"));
    }
    return found;
}

/* --- now --- */

/* "" where it can't be read. */
static const char *file_text(struct arena *arena, const char *path)
{
    char *text = arena_alloc(arena, MOST_TEXT + 1);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, MOST_TEXT, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    return text;
}

bool proc_cpu_now(struct proc_cpu *cpu_out)
{
    auto_arena struct arena *arena = arena_new();
    return proc_read_cpu(file_text(arena, "/proc/stat"), cpu_out);
}

static bool group_memory(struct arena *arena, const char *path, bool is_v1, int64_t total,
                         struct proc_memory *memory_out)
{
    const char *root = is_v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    const char *limit = is_v1 ? "memory.limit_in_bytes" : "memory.max";
    const char *usage = is_v1 ? "memory.usage_in_bytes" : "memory.current";
    return proc_read_cgroup(file_text(arena, arena_printf(arena, "%s%s/%s", root, path, limit)),
                            file_text(arena, arena_printf(arena, "%s%s/%s", root, path, usage)),
                            file_text(arena, arena_printf(arena, "%s%s/memory.stat", root, path)), total,
                            memory_out);
}

bool proc_memory_now(struct proc_memory *memory_out)
{
    auto_arena struct arena *arena = arena_new();
    struct proc_memory fullest, group;
    bool is_v1 = false;
    if (!proc_read_memory(file_text(arena, "/proc/meminfo"), &fullest))
        return false;
    const int64_t total = fullest.total;
    const char *written = proc_cgroup_path(arena, file_text(arena, "/proc/self/cgroup"), &is_v1);
    char *path = arena_strdup(arena, written ? written : "/");
    /* Up to the root; in a container the path may be the host's, and the root is ours. */
    for (char *end = path + strlen(path); end; end = memrchr(path, '/', (size_t)(end - path))) {
        *end = '\0';
        if (group_memory(arena, path, is_v1, total, &group) &&
            proc_memory_percent(&group) > proc_memory_percent(&fullest))
            fullest = group;
    }
    *memory_out = fullest;
    return true;
}
