/* The catalogue's snapshot: read with pipelined selects, then immutable. */
#include <stdlib.h>
#include <string.h>

#include "store/counter.h"
#include "store/internal.h"

/* A lost announcement (a connection that broke) is made good for after this time; the figures, which nobody
 * announces, are this old at most. */
enum { MOST_AGE_MS = 60000 };

struct snapshot {
    struct catalogue catalogue; /* first: what others hold is a pointer to it */
    struct arena *arena;
    const struct catalogue_product **products_by_id;
    const struct catalogue_category **categories_by_id;
    struct snapshot *next_retired;
    int64_t retired_ms;
};

static void snapshot_free(struct snapshot *snapshot)
{
    struct arena *arena = snapshot->arena; /* the snapshot itself lies in it */
    arena_free(&arena);
}

/* Frees what was replaced in an earlier task: a task keeps its time, so another time is another task. */
static void free_retired(struct snapshot_cache *cache, int64_t now_ms)
{
    struct snapshot **at = &cache->retired;
    while (*at) {
        struct snapshot *snapshot = *at;
        if (snapshot->retired_ms == now_ms) {
            at = &snapshot->next_retired;
        } else {
            *at = snapshot->next_retired;
            snapshot_free(snapshot);
        }
    }
}

void snapshot_cache_clear(struct snapshot_cache *cache)
{
    while (cache->retired) {
        struct snapshot *next = cache->retired->next_retired;
        snapshot_free(cache->retired);
        cache->retired = next;
    }
    if (cache->current)
        snapshot_free(cache->current);
    *cache = (struct snapshot_cache){0};
}

/* --- building --- */

DB_TENANT_STATEMENT(snapshot_categories,
                    "SELECT id, name, emoji FROM categories WHERE NOT hidden ORDER BY position, id");
DB_TENANT_STATEMENT(
    snapshot_products,
    "SELECT p.id, p.category_id, p.code, p.name, p.description, p.snk, p.price, p.sold, p.kind,"
    " p.question, p.photo, p.content IS NOT NULL"
    " FROM products p JOIN categories c ON c.id = p.category_id WHERE NOT p.hidden AND NOT c.hidden"
    " ORDER BY c.position, c.id, p.position, p.id");

struct read_rows {
    struct db_rows categories, products, counts, counters, bars;
};

static bool read_all(struct work *work, struct read_rows *rows, struct error *err)
{
    return db_send(work->tx, &snapshot_categories, DB_NO_PARAMS, &rows->categories, err) &&
           db_send(work->tx, &snapshot_products, DB_NO_PARAMS, &rows->products, err) &&
           stock_counts(work, &rows->counts, err) && counter_send(work, &rows->counters, err) &&
           bar_send(work, &rows->bars, err) && db_flush(work->tx, err);
}

static int64_t count_of(const struct db_rows *counts, int64_t product_id)
{
    int low = 0, high = counts->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int64_t id = db_int(counts, middle, 0);
        if (id == product_id)
            return db_int(counts, middle, 1);
        *(id < product_id ? &low : &high) = id < product_id ? middle + 1 : middle;
    }
    return 0;
}

static int by_product_id(const void *a, const void *b)
{
    const struct catalogue_product *const *x = a, *const *y = b;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static int by_category_id(const void *a, const void *b)
{
    const struct catalogue_category *const *x = a, *const *y = b;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* The row of a category, from `from` on; -1 where it is not there. */
static int find_category(const struct db_rows *categories, int from, int64_t id)
{
    for (int i = from; i < categories->count; i++) {
        if (db_int(categories, i, 0) == id)
            return i;
    }
    return -1;
}

static int64_t stock_of(const struct read_rows *rows, int row, int64_t id, enum product_kind kind)
{
    if (kind == PRODUCT_UNIT)
        return count_of(&rows->counts, id);
    bool is_there = kind == PRODUCT_MANUAL || db_bool(&rows->products, row, 11);
    return is_there ? CATALOGUE_UNLIMITED : 0;
}

static struct catalogue_product read_product(struct arena *arena, const struct read_rows *rows, int row)
{
    int64_t id = db_int(&rows->products, row, 0);
    enum product_kind kind = PRODUCT_UNIT;
    catalogue_kind_of(db_text(&rows->products, row, 8), &kind);
    return (struct catalogue_product){
        .id = id,
        .code = db_text_copy(arena, &rows->products, row, 2),
        .name = db_text_copy(arena, &rows->products, row, 3),
        .description = db_text_copy(arena, &rows->products, row, 4),
        .snk = db_text_copy(arena, &rows->products, row, 5),
        .price = db_int(&rows->products, row, 6),
        .kind = kind,
        .question = db_text_copy(arena, &rows->products, row, 9),
        .photo = db_text_copy(arena, &rows->products, row, 10),
        .stock = stock_of(rows, row, id, kind),
        .sold = db_int(&rows->products, row, 7),
    };
}

/* Both lists come in the order of categories, so one walk puts them together. Products of a category that
 * appeared between the two selects are left out until the next time. */
static void fill(struct snapshot *s, const struct read_rows *rows)
{
    struct arena *arena = s->arena;
    int most = rows->products.count;
    struct catalogue_category *categories =
        ARENA_ARRAY(arena, struct catalogue_category, rows->categories.count);
    struct catalogue_product *products = ARENA_ARRAY(arena, struct catalogue_product, most);
    const struct catalogue_product **lists = ARENA_ARRAY(arena, const struct catalogue_product *, most);
    size_t category_count = 0, product_count = 0;
    int next = 0;
    for (int at = 0; at < most;) {
        int64_t id = db_int(&rows->products, at, 1);
        int row = find_category(&rows->categories, next, id);
        struct catalogue_category *category = &categories[category_count];
        size_t first = product_count;
        for (; at < most && db_int(&rows->products, at, 1) == id; at++) {
            if (row < 0)
                continue;
            struct catalogue_product *p = &products[product_count];
            *p = read_product(arena, rows, at);
            p->category = category;
            lists[product_count] = p;
            p->number = ++product_count;
        }
        if (row < 0)
            continue;
        *category = (struct catalogue_category){
            .id = id,
            .name = db_text_copy(arena, &rows->categories, row, 1),
            .emoji = db_text_copy(arena, &rows->categories, row, 2),
            .product_count = product_count - first,
            .products = lists + first,
        };
        category_count++;
        next = row + 1;
    }
    s->catalogue.categories = categories;
    s->catalogue.category_count = category_count;
    s->catalogue.products = products;
    s->catalogue.product_count = product_count;
}

static void index_by_id(struct snapshot *s)
{
    const struct catalogue *c = &s->catalogue;
    s->products_by_id = ARENA_ARRAY(s->arena, const struct catalogue_product *, c->product_count);
    for (size_t i = 0; i < c->product_count; i++)
        s->products_by_id[i] = &c->products[i];
    s->categories_by_id = ARENA_ARRAY(s->arena, const struct catalogue_category *, c->category_count);
    for (size_t i = 0; i < c->category_count; i++)
        s->categories_by_id[i] = &c->categories[i];
    qsort(s->products_by_id, c->product_count, sizeof *s->products_by_id, by_product_id);
    qsort(s->categories_by_id, c->category_count, sizeof *s->categories_by_id, by_category_id);
}

static bool is_old(int64_t since_ms, int64_t now_ms)
{
    return now_ms - since_ms > MOST_AGE_MS || now_ms < since_ms; /* a clock that went back says nothing */
}

bool snapshot_refresh(struct work *work, const struct catalogue **catalogue_out, struct error *err)
{
    struct snapshot_cache *cache = &store_cache_of(work)->snapshots;
    struct read_rows rows;
    if (!read_all(work, &rows, err))
        return error_context(err, "catalogue");
    bar_remember(work, &rows.bars);
    struct arena *arena = arena_new();
    struct snapshot *s = ARENA_NEW(arena, struct snapshot);
    s->arena = arena;
    fill(s, &rows);
    index_by_id(s);
    const struct counters counters = counter_read(&rows.counters);
    s->catalogue.user_count = counters.users;
    s->catalogue.completed_order_count = counters.completed;
    if (cache->current && cache->served_ms == work->now_ms) {
        cache->current->retired_ms = work->now_ms;
        cache->current->next_retired = cache->retired;
        cache->retired = cache->current;
    } else if (cache->current) {
        snapshot_free(cache->current);
    }
    cache->current = s;
    cache->built_ms = cache->served_ms = work->now_ms;
    /* What a transaction sees of its own changes may be rolled back: not for the next reader. */
    cache->stale = cache->changed_in == work->tx && cache->changed_ms == work->now_ms;
    *catalogue_out = &s->catalogue;
    return true;
}

/* --- reading --- */

bool catalogue_get(struct work *work, const struct catalogue **catalogue_out, struct error *err)
{
    struct snapshot_cache *cache = &store_cache_of(work)->snapshots;
    free_retired(cache, work->now_ms);
    bool good = cache->current && !cache->stale && !is_old(cache->built_ms, work->now_ms);
    /* Between commit and end nothing can be asked: what is there has to do. */
    if (good || (cache->current && work->tx && db_committed(work->tx))) {
        cache->served_ms = work->now_ms;
        *catalogue_out = &cache->current->catalogue;
        return true;
    }
    bool own = false;
    bool ok = store_read_begin(work, &own, err) && snapshot_refresh(work, catalogue_out, err);
    store_read_end(work, own);
    if (ok)
        return true;
    if (err->code != ERR_RETRY || !cache->current)
        return false;
    cache->served_ms = work->now_ms;
    *catalogue_out = &cache->current->catalogue;
    return true;
}

static const struct snapshot *snapshot_of(const struct catalogue *catalogue)
{
    return (const struct snapshot *)catalogue;
}

const struct catalogue_product *catalogue_product(const struct catalogue *catalogue, int64_t product_id)
{
    const struct catalogue_product key = {.id = product_id}, *wanted = &key;
    const struct catalogue_product **found = bsearch(&wanted, snapshot_of(catalogue)->products_by_id,
                                                     catalogue->product_count, sizeof wanted, by_product_id);
    return found ? *found : NULL;
}

const struct catalogue_category *catalogue_category(const struct catalogue *catalogue, int64_t category_id)
{
    const struct catalogue_category key = {.id = category_id}, *wanted = &key;
    const struct catalogue_category **found =
        bsearch(&wanted, snapshot_of(catalogue)->categories_by_id, catalogue->category_count, sizeof wanted,
                by_category_id);
    return found ? *found : NULL;
}

const struct catalogue_product *catalogue_by_number(const struct catalogue *catalogue, int64_t number)
{
    if (number < 1 || (uint64_t)number > catalogue->product_count)
        return NULL;
    return &catalogue->products[number - 1];
}

/* --- changes --- */

DB_TENANT_STATEMENT(catalogue_notify, "SELECT pg_notify('lapak_catalogue', $1)");

bool catalogue_changed(struct work *work, struct error *err)
{
    struct snapshot_cache *cache = &store_cache_of(work)->snapshots;
    cache->stale = true;
    cache->changed_in = work->tx;
    cache->changed_ms = work->now_ms;
    return db_send(work->tx, &catalogue_notify, DB_PARAMS(P_TEXT(work->tenant->name)), NULL, err);
}

void catalogue_forget(struct work *work)
{
    struct store_cache *cache = work_data(work);
    if (cache)
        cache->snapshots.stale = true;
}
