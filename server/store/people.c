#include "store/people.h"

#include <string.h>

#include "base/str.h"
#include "store/internal.h"

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

/* --- lists that go both ways --- */

struct list {
    const struct db_statement *start, *after, *before; /* `before` in the other order */
};

/* The statements give one more than the limit, which tells that there are more. */
static struct people_page read_page(struct work *work, const struct db_rows *rows, bool back, int64_t limit)
{
    int count = rows->count > limit ? (int)limit : rows->count;
    bool more = rows->count > limit;
    struct people_row *people = ARENA_ARRAY(work->arena, struct people_row, count);
    for (int i = 0; i < count; i++)
        people[i] = read_row(work, rows, back ? count - 1 - i : i);
    return (struct people_page){.count = (size_t)count, .people = people, .has_after = back || more};
}

static bool look(struct work *work, const struct list *list, struct people_place at, int64_t limit,
                 struct people_page *page_out, struct error *err)
{
    struct db_rows rows;
    struct people_place start = {0};
    const struct db_statement *statement = !at.telegram_id ? list->start
                                           : at.back       ? list->before
                                                           : list->after;
    bool ok = at.telegram_id ? db_query(work->tx, statement,
                                        DB_PARAMS(P_INT(at.telegram_id), P_INT(limit + 1)), &rows, err)
                             : db_query(work->tx, statement, DB_PARAMS(P_INT(limit + 1)), &rows, err);
    if (!ok)
        return false;
    /* a page that is not full, or not there, is the first one */
    if (at.telegram_id && (at.back ? rows.count < limit : !rows.count))
        return look(work, list, start, limit, page_out, err);
    *page_out = read_page(work, &rows, at.telegram_id && at.back, limit);
    page_out->has_before = at.telegram_id && (!at.back || rows.count > limit);
    return true;
}

static bool list(struct work *work, const struct list *kind, struct people_place at, int64_t limit,
                 struct people_page *page_out, struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = look(work, kind, at, limit, page_out, err);
    store_read_end(work, own);
    return ok || error_context(err, "people");
}

#define NEWEST "SELECT " COLUMNS " FROM users"
#define BESIDE "((SELECT created_at FROM users WHERE telegram_id = $1), $1)"
DB_TENANT_STATEMENT(people_newest_start, NEWEST " ORDER BY created_at DESC, telegram_id DESC LIMIT $1");
DB_TENANT_STATEMENT(people_newest_after, NEWEST " WHERE (created_at, telegram_id) < " BESIDE
                                                " ORDER BY created_at DESC, telegram_id DESC LIMIT $2");
DB_TENANT_STATEMENT(people_newest_before, NEWEST " WHERE (created_at, telegram_id) > " BESIDE
                                                 " ORDER BY created_at, telegram_id LIMIT $2");

bool people_newest(struct work *work, struct people_place at, int64_t limit, struct people_page *page_out,
                   struct error *err)
{
    static const struct list newest = {&people_newest_start, &people_newest_after, &people_newest_before};
    return list(work, &newest, at, limit, page_out, err);
}

#define BARRED "SELECT " COLUMNS " FROM users WHERE barred_at IS NOT NULL"
DB_TENANT_STATEMENT(people_barred_start, BARRED " ORDER BY telegram_id LIMIT $1");
DB_TENANT_STATEMENT(people_barred_after, BARRED " AND telegram_id > $1 ORDER BY telegram_id LIMIT $2");
DB_TENANT_STATEMENT(people_barred_before, BARRED " AND telegram_id < $1 ORDER BY telegram_id DESC LIMIT $2");

bool people_barred(struct work *work, struct people_place at, int64_t limit, struct people_page *page_out,
                   struct error *err)
{
    static const struct list barred = {&people_barred_start, &people_barred_after, &people_barred_before};
    return list(work, &barred, at, limit, page_out, err);
}

/* --- the search --- */

/* As the indexes users_username and users_name have it. Whatever begins with a text lies between it and it
 * with the last character there is: no pattern is made of what somebody typed. There is one condition for
 * each end, because of two for one the planner thinks that they leave too few rows to be read in order. */
#define USERNAME "(lower(left(username, 64)) COLLATE \"C\")"
#define NAME     "(lower(left(first_name || coalesce(' ' || last_name, ''), 64)) COLLATE \"C\")"
#define FROM_ON(key)                                                                                         \
    "(" key ", telegram_id) > (greatest(lower($1),"                                                          \
    " (SELECT " key " FROM users WHERE telegram_id = $2) COLLATE \"C\"), $2)"
#define UP_TO(key)    key " < lower($1) || chr(1114111)"
#define IN_ORDER(key) " ORDER BY " key ", telegram_id LIMIT $3"
DB_TENANT_STATEMENT(people_by_username,
                    "SELECT " COLUMNS
                    " FROM users WHERE username IS NOT NULL AND" FROM_ON(USERNAME) " AND " UP_TO(USERNAME)
                        IN_ORDER(USERNAME));
/* Who was found by the username is not found again. */
DB_TENANT_STATEMENT(people_by_name,
                    "SELECT " COLUMNS " FROM users WHERE " FROM_ON(NAME) " AND " UP_TO(
                        NAME) " AND (username IS NULL OR"
                              " NOT starts_with(lower(left(username, 64)), lower($1)))" IN_ORDER(NAME));
DB_TENANT_STATEMENT(people_by_id, "SELECT " COLUMNS " FROM users WHERE telegram_id = $1");

struct people_search {
    struct work *work;
    const char *begins;
    struct people_row *people;
    size_t count, limit; /* the rows there is room for: one more than the page's */
};

static bool find(struct people_search *search, bool by_username, int64_t after, struct error *err)
{
    struct db_rows rows;
    struct work *work = search->work;
    if (!db_query(
            work->tx, by_username ? &people_by_username : &people_by_name,
            DB_PARAMS(P_TEXT(search->begins), P_INT(after), P_INT((int64_t)(search->limit - search->count))),
            &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        struct people_row *person = &search->people[search->count++];
        *person = read_row(work, &rows, i);
        person->by_username = by_username;
    }
    return true;
}

static bool find_id(struct people_search *search, int64_t telegram_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(search->work->tx, &people_by_id, DB_PARAMS(P_INT(telegram_id)), &rows, err))
        return false;
    if (rows.count)
        search->people[search->count++] = read_row(search->work, &rows, 0);
    return true;
}

/* What is searched for: without blanks around it and the @, which `*only_usernames_out` says was there. */
static const char *beginning_of(struct arena *arena, const char *typed, bool *only_usernames_out)
{
    static const char blanks[] = " \t\r\n";
    typed += strspn(typed, blanks);
    *only_usernames_out = *typed == '@';
    typed += *typed == '@';
    size_t end = 0, step;
    uint32_t point;
    for (int i = 0;
         i < PEOPLE_SEARCH_MOST && (step = str_utf8_decode(typed + end, strlen(typed + end), &point)); i++)
        end += step;
    while (end && strchr(blanks, typed[end - 1]))
        end--;
    char *copy = arena_memdup(arena, typed, end);
    return copy;
}

static bool search_all(struct people_search *search, int64_t after, bool after_by_username, bool only_usernames,
                       struct error *err)
{
    int64_t telegram_id;
    if (!after && !only_usernames && str_to_int64(search->begins, &telegram_id) &&
        !find_id(search, telegram_id, err))
        return false;
    if (search->count)
        return true;
    bool in_usernames = !after || after_by_username;
    if (in_usernames && !find(search, true, after, err))
        return false;
    return only_usernames || search->count == search->limit ||
           find(search, false, in_usernames ? 0 : after, err);
}

bool people_search(struct work *work, const char *typed, int64_t after, bool after_by_username, int64_t limit,
                   struct people_page *page_out, struct error *err)
{
    bool own, only_usernames;
    struct people_search search = {.work = work, .limit = (size_t)limit + 1};
    search.begins = beginning_of(work->arena, typed, &only_usernames);
    search.people = ARENA_ARRAY(work->arena, struct people_row, search.limit);
    *page_out = (struct people_page){0};
    if (!*search.begins)
        return true;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = search_all(&search, after, after_by_username, only_usernames, err);
    store_read_end(work, own);
    if (!ok)
        return error_context(err, "people");
    bool more = search.count == search.limit;
    *page_out = (struct people_page){
        .count = search.count - more, .people = search.people, .has_before = after != 0, .has_after = more};
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
