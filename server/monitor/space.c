#include <fts.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "monitor/internal.h"

bool space_of(const char *directory, struct machine_disk *disk_out)
{
    struct statvfs disk;
    if (statvfs(directory, &disk) || disk.f_blocks == 0)
        return false;
    /* As df has it: what only root may use counts for nobody. */
    uint64_t used = disk.f_blocks - disk.f_bfree, all = used + disk.f_bavail;
    *disk_out = (struct machine_disk){
        .known = true,
        .percent = all ? (int)((used * 100 + all - 1) / all) : 100,
        .free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize),
    };
    return true;
}

int64_t space_below(const char *directory)
{
    /* fts takes its paths as writable, and leaves them as they are. */
    auto_arena struct arena *arena = arena_new();
    char *const paths[] = {arena_strdup(arena, directory), NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    int64_t bytes = 0;
    bool any = false;
    if (!tree)
        return -1;
    for (const FTSENT *entry; (entry = fts_read(tree)) && !machine_stopping();) {
        any = any || entry->fts_info == FTS_D;
        if (entry->fts_info == FTS_F)
            bytes += entry->fts_statp->st_size;
    }
    fts_close(tree);
    return any && !machine_stopping() ? bytes : -1;
}
