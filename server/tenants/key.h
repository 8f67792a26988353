/*
 * Configuration keys as tables: one row a key says its name, type, limits and where its value goes, and this
 * module reads a YAML tree by such a table into a struct. It complains of everything at once: unknown keys,
 * wrong types, missing keys, values out of range, secrets written out, each with file, line and key.
 *
 * `${NAME}` may stand in any value; a secret must be exactly `${NAME}`. Values live in the reader's arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/yaml.h"
#include "tenants/address.h"
#include "tenants/env.h"
#include "tenants/fault.h"

struct key_hostport {
    const char *host; /* without brackets */
    int port;
};
struct key_ids {
    size_t count;
    const int64_t *items;
};
struct key_texts {
    size_t count;
    const char *const *items;
};
struct key_addresses {
    size_t count;
    const struct address *items;
};

enum key_kind {
    KEY_TEXT,       /* const char *, one line; least and most count UTF-16 units */
    KEY_LINES,      /* the same, of several lines; blanks and empty lines at its ends are left out */
    KEY_SECRET,     /* const char *; printable ASCII without blanks, as it goes into headers and paths */
    KEY_INT,        /* int64_t; least to most */
    KEY_BOOL,       /* bool; true or false */
    KEY_ENUM,       /* const char *, one of `names` */
    KEY_IDS,        /* struct key_ids: numbers from 1, none twice; least to most of them */
    KEY_ENUMS,      /* struct key_texts, each of `names`, none twice; least to most of them */
    KEY_ZONE,       /* const struct clock_zone * */
    KEY_PATH,       /* const char *; need not exist; no trailing slash */
    KEY_DIRECTORY,  /* the same; must be a directory */
    KEY_HOSTPORT,   /* struct key_hostport */
    KEY_URL_PUBLIC, /* const char *, no trailing slash; https unless the host is loopback */
    KEY_URL_API,    /* the same; https unless the host is loopback, private or a name without a dot */
    KEY_ADDRESSES,  /* struct key_addresses */
};

struct key {
    const char *name; /* with its sections: "telegram.token" */
    enum key_kind kind;
    bool required;
    const char
        *fallback; /* the default of a scalar that is not required, as it would be written; NULL: none */
    size_t offset; /* of the value in the struct */
    int64_t least, most;
    const char *const *names; /* ends in NULL */
    /* A further check of a scalar's text: `written` is what the file has, `value` what came of it. False with
     * the complaint; it must not quote a secret. May be NULL. */
    bool (*check)(const char *written, const char *value, const char **why_out);
};

struct key_table {
    const struct key *keys;
    size_t count;
    const char *const *forbidden; /* variables these files may not name; ends in NULL; may be NULL */
};

/* Reads the file's tree into *values (zeroed by the caller). True where nothing was wrong; faults are added
 * in any case. `root` may be any node. */
bool key_read(struct arena *arena, const struct key_table *table, const char *file,
              const struct yaml_node *root, const struct env *env, void *values, struct faults *faults);

/* The first key whose values differ in two structs that were read by the table, or NULL. */
const char *key_difference(const struct key_table *table, const void *a, const void *b);

/* The line on which the key's value stands, or the root's where it is not written: for faults found
 * afterwards. */
int key_line(const struct yaml_node *root, const char *name);
