#include "store/people.h"

#include <string.h>

#include "base/str.h"
#include "store/internal.h"
#include "store/window.h"

enum { MOST_CHARACTERS = 64 /* as the indexes have it */ };

#define COLUMNS "telegram_id, first_name, last_name, username, reachable, barred_at"

static struct people_row read_row(struct work *work, const struct db_rows *rows, int row)
{
    return (struct people_row){
        .telegram_id = db_int(rows, row, 0),
        .first_name = db_text_copy(work->arena, rows, row, 1),
        .last_name = db_text_copy(work->arena, rows, row, 2),
        .username = db_text_copy(work->arena, rows, row, 3),
        .reachable = db_bool(rows, row, 4),
        .barred_ms = db_time(rows, row, 5),
    };
}

/* --- lists --- */

static bool read_list(struct work *work, const struct list *list, int64_t cursor,
                      struct people_list *list_out, struct error *err)
{
    bool own;
    struct window w;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = window_read(work, list, 0, cursor, PEOPLE_ON_A_PAGE, &w, err);
    if (ok) {
        *list_out = (struct people_list){.count = (size_t)w.count, .before = w.before, .after = w.after};
        for (int i = 0; i < w.count; i++)
            list_out->people[i] = read_row(work, &w.rows, window_row(&w, i));
    }
    store_read_end(work, own);
    return ok || error_context(err, "people");
}

/* One row more than the page shows tells that there is another. */
#define LIMIT  " LIMIT 9"
#define NEWEST "SELECT " COLUMNS " FROM users WHERE $1::bigint = 0"
/* Apart from each other they are found by the index. */
#define THIS_ONE "((SELECT created_at FROM users WHERE telegram_id = $2), $2)"
DB_TENANT_STATEMENT(people_newest_first, NEWEST " ORDER BY created_at DESC, telegram_id DESC" LIMIT);
DB_TENANT_STATEMENT(people_newest_from, NEWEST " AND (created_at, telegram_id) <= " THIS_ONE
                                               " ORDER BY created_at DESC, telegram_id DESC" LIMIT);
DB_TENANT_STATEMENT(people_newest_before, NEWEST " AND (created_at, telegram_id) > " THIS_ONE
                                                 " ORDER BY created_at, telegram_id" LIMIT);

bool people_newest(struct work *work, int64_t cursor, struct people_list *list_out, struct error *err)
{
    static const struct list newest = {&people_newest_first, &people_newest_from, &people_newest_before};
    return read_list(work, &newest, cursor, list_out, err);
}

#define BARRED "SELECT " COLUMNS " FROM users WHERE $1::bigint = 0 AND barred_at IS NOT NULL"
DB_TENANT_STATEMENT(people_barred_first, BARRED " ORDER BY telegram_id" LIMIT);
DB_TENANT_STATEMENT(people_barred_from, BARRED " AND telegram_id >= $2 ORDER BY telegram_id" LIMIT);
DB_TENANT_STATEMENT(people_barred_before, BARRED " AND telegram_id < $2 ORDER BY telegram_id DESC" LIMIT);

bool people_barred(struct work *work, int64_t cursor, struct people_list *list_out, struct error *err)
{
    static const struct list barred = {&people_barred_first, &people_barred_from, &people_barred_before};
    return read_list(work, &barred, cursor, list_out, err);
}

/* --- the search --- */

/* As the indexes users_username and users_name have it. Whatever begins with a text lies between it and it
 * with the last character there is: no pattern is made of what somebody typed. There is one condition for
 * each end, because of two for one the planner thinks that they leave too few rows to be read in order. */
#define NAME "(lower(left(first_name || coalesce(' ' || last_name, ''), 64)) COLLATE \"C\")"
#define FROM_ON(key)                                                                                         \
    "(" key ", telegram_id) > (greatest(lower($1),"                                                          \
    " (SELECT " key " FROM users WHERE telegram_id = $2) COLLATE \"C\"), $2)"
#define UP_TO(key)    key " < lower($1) || chr(1114111)"
#define IN_ORDER(key) " ORDER BY " key ", telegram_id LIMIT $3"
DB_TENANT_STATEMENT(people_by_username,
                    "SELECT " COLUMNS " FROM users WHERE username IS NOT NULL AND" FROM_ON(
                        STORE_USERNAME_KEY) " AND " UP_TO(STORE_USERNAME_KEY) IN_ORDER(STORE_USERNAME_KEY));
/* Who was found by the username is not found again. */
DB_TENANT_STATEMENT(people_by_name,
                    "SELECT " COLUMNS " FROM users WHERE " FROM_ON(NAME) " AND " UP_TO(
                        NAME) " AND (username IS NULL OR"
                              " NOT starts_with(lower(left(username, 64)), lower($1)))" IN_ORDER(NAME));
DB_TENANT_STATEMENT(people_by_id, "SELECT " COLUMNS " FROM users WHERE telegram_id = $1");

struct finding {
    struct work *work;
    const char *begins;
    struct people_row *people; /* room for one more than a page */
    size_t count;
};

static bool find(struct finding *finding, bool by_username, int64_t after, struct error *err)
{
    struct db_rows rows;
    struct work *work = finding->work;
    int64_t most = PEOPLE_ON_A_PAGE + 1 - (int64_t)finding->count;
    if (!db_query(work->tx, by_username ? &people_by_username : &people_by_name,
                  DB_PARAMS(P_TEXT(finding->begins), P_INT(after), P_INT(most)), &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        struct people_row *person = &finding->people[finding->count++];
        *person = read_row(work, &rows, i);
        person->by_username = by_username;
    }
    return true;
}

static bool find_id(struct finding *finding, int64_t telegram_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(finding->work->tx, &people_by_id, DB_PARAMS(P_INT(telegram_id)), &rows, err))
        return false;
    if (rows.count)
        finding->people[finding->count++] = read_row(finding->work, &rows, 0);
    return true;
}

/* What is searched for: without blanks around it and the @, which `*only_usernames_out` says was there. */
static const char *beginning_of(struct arena *arena, const char *typed, bool *only_usernames_out)
{
    static const char blanks[] = " \t\r\n";
    typed += strspn(typed, blanks);
    *only_usernames_out = *typed == '@';
    typed += *typed == '@';
    size_t length = strlen(typed), end = 0, step;
    uint32_t point;
    for (int i = 0; i < MOST_CHARACTERS && (step = str_utf8_decode(typed + end, length - end, &point)); i++)
        end += step;
    while (end && strchr(blanks, typed[end - 1]))
        end--;
    return arena_memdup(arena, typed, end);
}

static bool find_all(struct finding *finding, int64_t after, bool after_by_username, bool only_usernames,
                     struct error *err)
{
    int64_t telegram_id;
    if (!after && !only_usernames && str_to_int64(finding->begins, &telegram_id) &&
        !find_id(finding, telegram_id, err))
        return false;
    if (finding->count)
        return true;
    bool in_usernames = !after || after_by_username;
    if (in_usernames && !find(finding, true, after, err))
        return false;
    return only_usernames || finding->count > PEOPLE_ON_A_PAGE ||
           find(finding, false, in_usernames ? 0 : after, err);
}

bool people_search(struct work *work, const char *typed, int64_t after, bool after_by_username,
                   struct people_found *found_out, struct error *err)
{
    bool own, only_usernames;
    struct people_row people[PEOPLE_ON_A_PAGE + 1];
    struct finding finding = {.work = work, .people = people};
    finding.begins = beginning_of(work->arena, typed, &only_usernames);
    if (!*finding.begins) {
        *found_out = (struct people_found){0};
        return true;
    }
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = find_all(&finding, after, after_by_username, only_usernames, err);
    store_read_end(work, own);
    if (!ok)
        return error_context(err, "people");
    *found_out = (struct people_found){.has_more = finding.count > PEOPLE_ON_A_PAGE};
    found_out->count = finding.count - found_out->has_more;
    for (size_t i = 0; i < found_out->count; i++)
        found_out->people[i] = people[i];
    return true;
}

/* --- one of them --- */

DB_TENANT_STATEMENT(people_select, "SELECT " COLUMNS
                                   ", language_code, created_at, seen_at FROM users WHERE telegram_id = $1");

bool people_get(struct work *work, int64_t telegram_id, struct people_detail *detail_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &people_select, DB_PARAMS(P_INT(telegram_id)), &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "person %lld is not known here", (long long)telegram_id);
    if (ok)
        *detail_out = (struct people_detail){
            .person = read_row(work, &rows, 0),
            .language_code = db_text_copy(work->arena, &rows, 0, 6),
            .created_ms = db_time(&rows, 0, 7),
            .seen_ms = db_time(&rows, 0, 8),
        };
    store_read_end(work, own);
    return ok;
}
