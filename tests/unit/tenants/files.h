/* For tests of configurations: a directory of their own with files in it, and faults as one text. */
#pragma once

#include "base/arena.h"
#include "tenants/fault.h"

/* Set by files_setup; the arena is released and the directory removed by files_teardown. */
extern struct arena *arena;
extern char directory[64];
extern struct faults faults;

int files_setup(void **unused);
int files_teardown(void **unused);

/* Writes the file and gives its path. */
char *files_write(const char *name, const char *text);
char *files_write_bytes(const char *name, const void *bytes, size_t length);

/* The faults as lines, with the directory's name left out. */
char *files_faults(const struct faults *list);
/* Fails with the whole list where the faults are not exactly these lines. */
void files_expect(const struct faults *list, const char *lines);
