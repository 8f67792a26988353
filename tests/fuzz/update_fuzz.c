/*
 * Decodes each file named on the command line as an update: for afl-fuzz, for libFuzzer (compile with
 * -fsanitize=fuzzer -DLIBFUZZER), or for a file that once broke something.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "telegram/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct update update;
    struct error err;
    if (!update_decode(arena, (const char *)data, size, &update, &err) && err.code != ERR_INVALID)
        abort();
    arena_free(&arena);
    return 0;
}

#ifndef LIBFUZZER
int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 1;
        }
        size_t size = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        LLVMFuzzerTestOneInput(bytes, size);
    }
    return 0;
}
#endif
