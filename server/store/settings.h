/*
 * What a store's admins have set: settings in place of the tenant file's values, the store's own texts,
 * admins beside those of the file. Owns table `settings`: one row for each thing ever set, with an edition
 * that counts its changes; what was before is in admin_logs (subject "setting", subject_id the row's id).
 *
 * Keys: the names of settings_definitions; "text:<key of text_keys.h>"; "admin:<telegram id>".
 *
 * Where what was set and the file's values contradict each other (a least amount above the most), because the
 * file was changed or two admins were at it at once, those of the file stand.
 *
 * Each lane keeps what is set in memory, immutable, and before a task begins puts it over the tenant of its
 * unit of work: whoever reads work->tenant->title reads what the admins set. At most a minute old on another
 * server.
 */
#pragma once

#include <jansson.h>

#include "tenants/tenant.h"
#include "work/work.h"

enum setting_kind {
    SETTING_NUMBER, /* int64_t; least to most */
    SETTING_LINE,   /* const char *, one line; least to most UTF-16 units */
    SETTING_LINES,  /* const char *, several lines */
    SETTING_FLAG,   /* bool */
};
struct setting_definition {
    const char *name;
    enum setting_kind kind;
    int64_t least, most;
    bool (*check)(const char *text); /* of a text; may be NULL */
    bool in_tenant;                  /* the value stands in the tenant, else in struct settings */
    size_t offset;
    const char *not_above,
        *not_below; /* of a number: the setting it may not be above, or below; NULL: none */
    /* What follows from another value (the one in force from now on), in the same transaction; may be NULL.
     */
    bool (*changed)(struct work *work, const json_t *value, struct error *err);
};
extern const struct setting_definition settings_definitions[];
extern const size_t settings_definition_count;
/* NULL where there is none of that name. */
const struct setting_definition *settings_definition(const char *name);
/* Whether the value is of the setting's type and within its limits. */
bool settings_is_valid(const struct setting_definition *definition, const json_t *value);
/* The value in force, and what it is where nobody has set it; NULL: none. The caller's reference. */
json_t *settings_value(const struct work *work, const struct setting_definition *definition);
json_t *settings_default(const struct work *work, const struct setting_definition *definition);

/* One row. */
struct setting {
    int64_t id; /* 0: never set */
    const char *key;
    const char *json; /* NULL: as the files say */
    int64_t edition;  /* 0: never set */
    int64_t updated_by, updated_ms;
};

struct settings {
    struct tenant tenant;         /* the file's with what was set put over it */
    bool maintenance;             /* buyers are told; admins work; what was paid is settled */
    const char *maintenance_note; /* what buyers are told beside it; NULL: nothing */
    const char *channel;          /* "@name" or "-100…": where buyers must be members; NULL: nowhere */
    const char *channel_link;     /* how they get into one without a name; NULL: none */
    const char *welcome_photo, *welcome_sticker; /* file_id; NULL: none */
    /* The calculator's formulas. */
    int64_t refund_deduction;      /* percent */
    int64_t refund_step;           /* rupiah: results are rounded down to it */
    int64_t fee_percent;           /* hundredths of a percent */
    int64_t fee_flat;              /* rupiah */
    const struct own_texts *texts; /* see own_text.h; NULL: none */
    size_t count;
    const struct setting *rows; /* all that have a value, in byte order of their keys */
};

/* For lanes_on_task(): puts the store's settings over work->tenant, read again where they were changed. Where
 * the database is away they are as they were. */
void settings_apply(struct work *work);
/* Called after what is set was read anew, at the beginning of a task, without a transaction. Before the lanes
 * start.
 */
void settings_on_read(void (*fn)(struct work *work));
/* As applied to this task; those without anything set where nothing was applied. */
const struct settings *settings_of(const struct work *work);
/* From memory; NULL where it has no value. */
const struct setting *settings_row(const struct work *work, const char *key);
/* Another process announced a change. */
void settings_forget(struct work *work);

/* --- reading and changing in the open transaction --- */

/* From the database; a row of id 0 where it was never set. `lock` takes its lock until the transaction's end.
 */
MUST_USE bool settings_read(struct work *work, const char *key, bool lock, struct setting *setting_out,
                            struct error *err);
/* Whether the value (NULL: as the files say) goes together with that of the setting it may not be above or
 * below. */
MUST_USE bool settings_goes_together(struct work *work, const struct setting_definition *definition,
                                     const json_t *value, bool *together_out, struct error *err);
/* Sets a value, or with NULL goes back to what the files say. The reference is taken over in any case.
 * `edition` is the one the person saw (0: never set): ERR_CONFLICT where it is another one by now, and then
 * nothing was written. ERR_INVALID where a setting's value can't be, or does not go together with another;
 * texts are their owner's to check. Writes the row of admin_logs with what was before and after, and
 * announces the change. Waits. */
MUST_USE bool settings_put(struct work *work, const char *key, json_t *value, int64_t edition,
                           int64_t actor_id, const char *note, struct error *err);
