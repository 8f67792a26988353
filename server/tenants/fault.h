/*
 * What is wrong in a configuration: a list of complaints, each with its file, line and key, so that an
 * operator sees all of them at once. No complaint holds a secret's value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct fault {
    const char *file;
    int line;         /* from 1; 0: the file as a whole */
    const char *key;  /* "telegram.token"; "" where it is no matter of one key */
    const char *text; /* "is missing" */
};

/* Owns nothing: texts are copied into the arena. */
struct faults {
    struct arena *arena;
    size_t count;
    struct fault *items;
    size_t capacity;
};

#define FAULTS_INIT(arena_) ((struct faults){.arena = (arena_)})

void fault_add(struct faults *faults, const char *file, int line, const char *key, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The complaint of yaml_read_file() ("path:line: text") as a fault of that file. */
void fault_add_yaml(struct faults *faults, const char *file, const struct error *err);
/* No more than 100 are kept (and one that says so); true once that many are there: stop looking. */
bool faults_full(const struct faults *faults);
/* Adds copies of all of `more`. */
void faults_append(struct faults *faults, const struct faults *more);
/* "conf/lapak.yaml:3: telegram.token: is missing" */
char *fault_text(struct arena *arena, const struct fault *fault);
/* By line, then in the order they were found; for one file's faults. */
void faults_sort(struct faults *faults);
