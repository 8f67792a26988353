#include "store/deposit_search.h"

#include <string.h>

#include "store/internal.h"

/* --- pages --- */

/* As in order_search.c: ids inside, what is said of them outside. */
#define FOUND                                                                                                \
    "SELECT d.id, d.kind, d.state, d.amount, d.created_at, d.telegram_id, u.first_name, u.last_name FROM ("
#define FOUND_END                                                                                            \
    ") f JOIN deposits d ON d.id = f.id JOIN users u ON u.telegram_id = d.telegram_id ORDER BY d.id"

#define ALL       "SELECT id FROM deposits WHERE id"
#define IN_STATE  "SELECT id FROM deposits WHERE state = $2 AND id"
#define OF_PERSON "SELECT id FROM deposits WHERE telegram_id = $2 AND id"
#define PARKED                                                                                               \
    "SELECT DISTINCT deposit_id AS id FROM payments WHERE problem IS NOT NULL AND resolution IS NULL"        \
    " AND order_id IS NULL AND deposit_id"
#define QUEUE "SELECT id FROM deposits WHERE state = 'review' AND id"

DB_TENANT_STATEMENT(deposit_search_all, FOUND ALL SEARCH_BELOW FOUND_END " DESC");
DB_TENANT_STATEMENT(deposit_search_all_newer, ALL SEARCH_UP);
DB_TENANT_STATEMENT(deposit_search_state, FOUND IN_STATE SEARCH_BELOW FOUND_END " DESC");
DB_TENANT_STATEMENT(deposit_search_state_newer, IN_STATE SEARCH_UP);
DB_TENANT_STATEMENT(deposit_search_person, FOUND OF_PERSON SEARCH_BELOW FOUND_END " DESC");
DB_TENANT_STATEMENT(deposit_search_person_newer, OF_PERSON SEARCH_UP);
DB_TENANT_STATEMENT(deposit_search_parked, FOUND PARKED SEARCH_BELOW FOUND_END " DESC");
DB_TENANT_STATEMENT(deposit_search_parked_newer, PARKED SEARCH_UP);
DB_TENANT_STATEMENT(deposit_search_waiting, FOUND QUEUE SEARCH_ABOVE FOUND_END);
DB_TENANT_STATEMENT(deposit_search_waiting_before, QUEUE SEARCH_DOWN);

static const struct search searches[DEPOSIT_FILTERS] = {
    [DEPOSITS_ALL] = {.page = &deposit_search_all, .in_front = &deposit_search_all_newer},
    [DEPOSITS_PENDING] = {.page = &deposit_search_state,
                          .in_front = &deposit_search_state_newer,
                          .word = "pending"},
    [DEPOSITS_REVIEW] = {.page = &deposit_search_waiting,
                         .in_front = &deposit_search_waiting_before,
                         .oldest_first = true},
    [DEPOSITS_COMPLETED] = {.page = &deposit_search_state,
                            .in_front = &deposit_search_state_newer,
                            .word = "completed"},
    [DEPOSITS_CANCELLED] = {.page = &deposit_search_state,
                            .in_front = &deposit_search_state_newer,
                            .word = "cancelled"},
    [DEPOSITS_EXPIRED] = {.page = &deposit_search_state,
                          .in_front = &deposit_search_state_newer,
                          .word = "expired"},
    [DEPOSITS_REJECTED] = {.page = &deposit_search_state,
                           .in_front = &deposit_search_state_newer,
                           .word = "rejected"},
    [DEPOSITS_OF_PERSON] = {.page = &deposit_search_person,
                            .in_front = &deposit_search_person_newer,
                            .by_ref = true},
    [DEPOSITS_PARKED] = {.page = &deposit_search_parked, .in_front = &deposit_search_parked_newer},
};

static bool read_found(struct work *work, const struct db_rows *rows, int row,
                       struct deposit_found *deposit_out, struct error *err)
{
    struct deposit_found deposit = {
        .id = db_int(rows, row, 0),
        .amount = db_int(rows, row, 3),
        .created_ms = db_time(rows, row, 4),
        .telegram_id = db_int(rows, row, 5),
        .first_name = db_text_copy(work->arena, rows, row, 6),
        .last_name = db_text_copy(work->arena, rows, row, 7),
    };
    if (!deposit_kind_of(db_text(rows, row, 1), &deposit.kind) ||
        !deposit_state_of(db_text(rows, row, 2), &deposit.state))
        return error_set(err, ERR_INTERNAL, "deposit %lld: unknown kind or state", (long long)deposit.id);
    *deposit_out = deposit;
    return true;
}

static bool read_page(struct work *work, const struct search *search, int64_t ref, int64_t from,
                      struct deposit_search_page *page_out, struct error *err)
{
    struct db_rows rows;
    struct deposit_search_page page;
    if (!search_page(work, search, ref, from, &rows, &page.count, &page.ends, err))
        return false;
    struct deposit_found *deposits = ARENA_ARRAY(work->arena, struct deposit_found, page.count);
    for (size_t i = 0; i < page.count; i++)
        if (!read_found(work, &rows, (int)i, &deposits[i], err))
            return false;
    page.deposits = deposits;
    *page_out = page;
    return true;
}

bool deposit_search(struct work *work, enum deposit_filter filter, int64_t ref, int64_t from,
                    struct deposit_search_page *page_out, struct error *err)
{
    bool own;
    if ((unsigned)filter >= DEPOSIT_FILTERS)
        return error_set(err, ERR_INVALID, "deposits: no filter %d", (int)filter);
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_page(work, &searches[filter], ref, from, page_out, err);
    store_read_end(work, own);
    return ok || error_context(err, "deposits");
}

/* --- counts --- */

DB_TENANT_STATEMENT(deposit_search_count,
                    "SELECT " SEARCH_COUNT("deposits WHERE state = 'review'") ", " SEARCH_COUNT(
                        "payments WHERE problem IS NOT NULL AND resolution IS NULL AND order_id IS NULL"));

bool deposit_search_counts(struct work *work, struct deposit_counts *counts_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &deposit_search_count, DB_NO_PARAMS, &rows, err);
    if (ok)
        *counts_out = (struct deposit_counts){db_int(&rows, 0, 0), db_int(&rows, 0, 1)};
    store_read_end(work, own);
    return ok || error_context(err, "deposits");
}

/* --- one --- */

DB_TENANT_STATEMENT(deposit_search_more,
                    "SELECT u.first_name, u.last_name, u.username, d.proof IS NOT NULL, d.end_reason,"
                    " (SELECT first_name FROM users WHERE telegram_id = d.decided_by)"
                    " FROM deposits d JOIN users u ON u.telegram_id = d.telegram_id WHERE d.id = $1");

static bool read_record(struct work *work, int64_t deposit_id, struct deposit_record *record_out,
                        struct error *err)
{
    struct deposit_record record = {0};
    struct payment *payments;
    struct db_rows more;
    if (!deposit_get(work, deposit_id, false, &record.deposit, err) ||
        !db_send(work->tx, &deposit_search_more, DB_PARAMS(P_INT(deposit_id)), &more, err) ||
        !payment_list(work, 0, deposit_id, DEPOSIT_RECORD_PAYMENTS, &payments, &record.payment_count, err))
        return false;
    record.payments = payments;
    for (size_t i = 0; i < record.payment_count && !record.parked; i++)
        record.parked = payment_is_parked(&payments[i]) ? &payments[i] : NULL;
    record.person = (struct person){
        .telegram_id = record.deposit.telegram_id,
        .first_name = db_text_copy(work->arena, &more, 0, 0),
        .last_name = db_text_copy(work->arena, &more, 0, 1),
        .username = db_text_copy(work->arena, &more, 0, 2),
    };
    record.has_proof = db_bool(&more, 0, 3);
    record.end_reason = db_text_copy(work->arena, &more, 0, 4);
    record.decided_by = arena_strdup(work->arena, db_text(&more, 0, 5));
    *record_out = record;
    return true;
}

bool deposit_search_record(struct work *work, int64_t deposit_id, struct deposit_record *record_out,
                           struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_record(work, deposit_id, record_out, err);
    store_read_end(work, own);
    return ok;
}
