/* Catalogue files coming in: the file is read into plain structs and checked as a whole, then written. */
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "store/catalogue_coupons.h"
#include "store/fields.h"
#include "store/internal.h"
#include "work/audit.h"

enum { MOST_PRODUCTS = 5000, MOST_STOCK = 100000, MOST_QUEUED = 64 };

struct file_product {
    const char *code, *name, *description, *snk, *question;
    const char *kind_name; /* as the file has it; NULL where it does not */
    const char *content;   /* NULL: none, and what there is stays */
    enum product_kind kind;
    bool written; /* its row was new, or has changed */
    int64_t price;
    int line;
    size_t stock_count;
    const char **stock;
    size_t category; /* index */
    int64_t id;      /* once it is written */
};

struct file_category {
    const char *name, *emoji;
    int line;
    int64_t id;
};

struct file {
    struct fields_source source;
    struct file_category *categories;
    size_t category_count;
    struct file_product *products;
    size_t product_count;
    size_t stock_count;
    struct catalogue_coupons coupons;
};

static bool fault(const struct file *file, int line, const char *key, const char *what)
{
    return fields_fault(&file->source, line, key, what);
}

static const struct field root_fields[] = {
    {"categories", FIELD_LIST, 0, 0, false, 0},
    {"coupons", FIELD_LIST, 0, 0, false, 0},
};
static const struct field category_fields[] = {
    {"name", FIELD_LINE, 1, 64, true, offsetof(struct file_category, name)},
    {"emoji", FIELD_LINE, 0, 16, false, offsetof(struct file_category, emoji)},
    {"products", FIELD_LIST, 0, 0, false, 0},
};
static const struct field product_fields[] = {
    {"code", FIELD_CODE, 1, 32, true, offsetof(struct file_product, code)},
    {"name", FIELD_LINE, 1, 100, true, offsetof(struct file_product, name)},
    {"price", FIELD_PRICE, 1, 1000000000, true, offsetof(struct file_product, price)},
    {"description", FIELD_TEXT, 0, 2000, false, offsetof(struct file_product, description)},
    {"snk", FIELD_TEXT, 0, 3000, false, offsetof(struct file_product, snk)},
    {"kind", FIELD_LINE, 1, 6, false, offsetof(struct file_product, kind_name)},
    {"content", FIELD_TEXT, 1, CONTENT_CHARACTERS, false, offsetof(struct file_product, content)},
    {"question", FIELD_LINE, 0, 300, false, offsetof(struct file_product, question)},
    {"stock", FIELD_LIST, 0, 0, false, 0},
};
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* --- the file --- */

static bool read_stock(struct file *file, const struct yaml_node *list, struct file_product *product)
{
    if (!list)
        return true;
    file->stock_count += list->count;
    if (file->stock_count > MOST_STOCK)
        return fault(file, list->line, "stock", "more than 100,000 lines in the file");
    product->stock = ARENA_ARRAY(file->source.arena, const char *, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *node = list->items[i].value;
        if (!fields_is_text(node))
            return fault(file, node->line, "stock", "each line must be a text");
        if (!stock_is_line(node->text))
            return fault(file, node->line, "stock", "a line has 1 to 4096 characters of UTF-8");
        product->stock[product->stock_count++] = node->text;
    }
    return true;
}

static bool read_product(struct file *file, const struct yaml_node *node, size_t category)
{
    if (file->product_count == MOST_PRODUCTS)
        return fault(file, node->line, "products", "more than 5,000 in the file");
    struct file_product *product = &file->products[file->product_count];
    *product = (struct file_product){
        .description = "", .snk = "", .question = "", .line = node->line, .category = category};
    if (!fields_take(&file->source, "products", node, product_fields, COUNT(product_fields), product) ||
        !read_stock(file, yaml_get(node, "stock"), product))
        return false;
    if (catalogue_is_kept_back(product->code))
        return fault(file, product->line, "code", "must not begin with deleted-");
    if (product->kind_name && !catalogue_kind_of(product->kind_name, &product->kind))
        return fault(file, product->line, "kind", "must be unit, shared, file or manual");
    file->product_count++;
    return true;
}

static bool read_category(struct file *file, const struct yaml_node *node)
{
    size_t index = file->category_count;
    struct file_category *category = &file->categories[index];
    *category = (struct file_category){.emoji = "", .line = node->line};
    if (!fields_take(&file->source, "categories", node, category_fields, COUNT(category_fields), category))
        return false;
    if (catalogue_is_kept_back(category->name))
        return fault(file, category->line, "name", "must not begin with deleted-");
    file->category_count++;
    const struct yaml_node *products = yaml_get(node, "products");
    for (size_t i = 0; products && i < products->count; i++) {
        if (!read_product(file, products->items[i].value, index))
            return false;
    }
    return true;
}

static bool check_all_unique(const struct file *file)
{
    size_t most = file->product_count > file->category_count ? file->product_count : file->category_count;
    struct fields_unique *list = ARENA_ARRAY(file->source.arena, struct fields_unique, most);
    for (size_t i = 0; i < file->category_count; i++)
        list[i] = (struct fields_unique){file->categories[i].name, file->categories[i].line};
    if (!fields_check_unique(&file->source, "name", list, file->category_count))
        return false;
    for (size_t i = 0; i < file->product_count; i++)
        list[i] = (struct fields_unique){file->products[i].code, file->products[i].line};
    return fields_check_unique(&file->source, "code", list, file->product_count);
}

static bool read_categories(struct file *file, const struct yaml_node *categories)
{
    if (categories->count > MOST_PRODUCTS)
        return fault(file, categories->line, "categories", "more than 5,000 in the file");
    file->categories = ARENA_ARRAY(file->source.arena, struct file_category, categories->count);
    file->products = ARENA_ARRAY(file->source.arena, struct file_product, MOST_PRODUCTS);
    for (size_t i = 0; i < categories->count; i++) {
        if (!read_category(file, categories->items[i].value))
            return false;
    }
    return check_all_unique(file);
}

static bool read_file(struct file *file)
{
    struct yaml_node *root;
    if (!yaml_read_file(file->source.arena, file->source.path, &root, file->source.err) ||
        !fields_take(&file->source, "the file", root, root_fields, COUNT(root_fields), NULL))
        return false;
    const struct yaml_node *categories = yaml_get(root, "categories"), *coupons = yaml_get(root, "coupons");
    if (!categories && !coupons)
        return fault(file, root->line, "categories", "is missing");
    return (!categories || read_categories(file, categories)) &&
           (!coupons || catalogue_coupons_read(&file->source, coupons, &file->coupons));
}

/* --- kinds --- */

/* A product that is there already keeps its kind, and what is asked of it must go with it. */
static bool check_kind(const struct file *file, struct file_product *product, const char *known)
{
    enum product_kind kind = product->kind;
    if (known && catalogue_kind_of(known, &kind) && product->kind_name && kind != product->kind)
        return fault(file, product->line, "kind",
                     arena_printf(file->source.arena, "%s is %s already, and a product's kind never changes",
                                  product->code, known));
    product->kind = kind;
    if (product->stock_count && kind != PRODUCT_UNIT)
        return fault(file, product->line, "stock", "only a product of kind unit has any");
    if (product->content && kind != PRODUCT_SHARED)
        return fault(file, product->line, "content", "only a product of kind shared has any");
    if (*product->question && kind != PRODUCT_MANUAL)
        return fault(file, product->line, "question", "only a product of kind manual has one");
    return true;
}

/* Before anything is written. */
static bool check_kinds(struct work *work, struct file *file, struct error *err)
{
    struct db_rows known;
    if (!catalogue_codes(work, &known, err))
        return false;
    for (size_t i = 0; i < file->product_count; i++) {
        struct file_product *product = &file->products[i];
        int row = catalogue_row_of(&known, product->code);
        if (!check_kind(file, product, row < 0 ? NULL : db_text(&known, row, 2)))
            return false;
    }
    return true;
}

/* --- writing --- */

static bool flush_now_and_then(struct work *work, size_t queued, struct error *err)
{
    return queued % MOST_QUEUED != 0 || db_flush(work->tx, err);
}

static bool write_categories(struct work *work, struct file *file, struct catalogue_import *counts,
                             struct error *err)
{
    struct db_rows *rows = ARENA_ARRAY(file->source.arena, struct db_rows, file->category_count);
    for (size_t i = 0; i < file->category_count; i++) {
        const struct file_category *category = &file->categories[i];
        if (!catalogue_put_category(work, category->name, category->emoji, (int64_t)i + 1, &rows[i], err) ||
            !flush_now_and_then(work, i + 1, err))
            return false;
    }
    if (!db_flush(work->tx, err))
        return false;
    for (size_t i = 0; i < file->category_count; i++) {
        file->categories[i].id = db_int(&rows[i], 0, 0);
        counts->categories_added += db_bool(&rows[i], 0, 1);
    }
    return true;
}

/* The ids of the products whose upsert said nothing, because they were as asked for. */
static bool find_ids(struct work *work, struct file *file, struct error *err)
{
    struct db_rows known;
    if (!catalogue_codes(work, &known, err))
        return false;
    for (size_t i = 0; i < file->product_count; i++) {
        struct file_product *product = &file->products[i];
        int row = catalogue_row_of(&known, product->code);
        if (row < 0 || strcmp(db_text(&known, row, 2), catalogue_kind_name(product->kind)) != 0)
            return error_set(err, ERR_RETRY, "product %s went away meanwhile, or came", product->code);
        product->id = db_int(&known, row, 1);
    }
    return true;
}

static bool write_products(struct work *work, struct file *file, struct catalogue_import *counts,
                           struct error *err)
{
    struct db_rows *rows = ARENA_ARRAY(file->source.arena, struct db_rows, file->product_count);
    for (size_t i = 0; i < file->product_count; i++) {
        const struct file_product *product = &file->products[i];
        struct catalogue_entry entry = {
            .category_id = file->categories[product->category].id,
            .code = product->code,
            .name = product->name,
            .description = product->description,
            .snk = product->snk,
            .question = product->question,
            .kind = product->kind,
            .price = product->price,
            .position = (int64_t)i + 1,
        };
        if (!catalogue_put_product(work, &entry, &rows[i], err) || !flush_now_and_then(work, i + 1, err))
            return false;
    }
    if (!db_flush(work->tx, err))
        return false;
    for (size_t i = 0; i < file->product_count; i++) {
        file->products[i].written = rows[i].count > 0;
        if (rows[i].count)
            *(db_bool(&rows[i], 0, 1) ? &counts->products_added : &counts->products_changed) += 1;
    }
    return find_ids(work, file, err);
}

/* What is as the file has it stays: sealed anew it would look like a change. */
static bool write_contents(struct work *work, const struct file *file, struct catalogue_import *counts,
                           struct error *err)
{
    for (size_t i = 0; i < file->product_count; i++) {
        const struct file_product *product = &file->products[i];
        const char *content, *name;
        if (!product->content)
            continue;
        if (!catalogue_content(work, product->id, &content, &name, err))
            return error_context(err, "content of %s", product->code);
        if (str_equal(content, product->content))
            continue;
        if (!catalogue_set_content(work, product->id, product->content, NULL, err))
            return error_context(err, "content of %s", product->code);
        counts->products_changed += !product->written;
    }
    return true;
}

static bool write_stock(struct work *work, const struct file *file, struct catalogue_import *counts,
                        struct error *err)
{
    for (size_t i = 0; i < file->product_count; i++) {
        const struct file_product *product = &file->products[i];
        for (size_t at = 0; at < product->stock_count; at += STOCK_BATCH) {
            size_t n = product->stock_count - at < STOCK_BATCH ? product->stock_count - at : STOCK_BATCH;
            int64_t added;
            if (!stock_add_batch(work, product->id, product->stock + at, n, &added, err))
                return error_context(err, "stock of %s", product->code);
            counts->stock_added += added;
            counts->stock_known += (int64_t)n - added;
        }
    }
    return true;
}

static bool write_file(struct work *work, struct file *file, struct catalogue_import *counts,
                       struct error *err)
{
    /* Coupons are locked before products, as orders do, and written when what they are for is there. */
    return catalogue_coupons_lock(work, &file->coupons, err) && check_kinds(work, file, err) &&
           write_categories(work, file, counts, err) && write_products(work, file, counts, err) &&
           write_contents(work, file, counts, err) && write_stock(work, file, counts, err) &&
           catalogue_coupons_write(work, &file->source, &file->coupons, counts, err) &&
           catalogue_stock_rose(work, err) && catalogue_changed(work, err);
}

/* Only whoever runs the server imports files. */
static bool note_audit(struct work *work, const struct catalogue_import *counts, struct error *err)
{
    const struct audit_entry entry = {
        .event = "config.changed",
        .actor = audit_person(work->arena, 0),
        .detail = json_pack(
            "{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "action", "import", "categories_added",
            (json_int_t)counts->categories_added, "products_added", (json_int_t)counts->products_added,
            "products_changed", (json_int_t)counts->products_changed, "stock_added",
            (json_int_t)counts->stock_added, "coupons_added", (json_int_t)counts->coupons_added,
            "coupons_changed", (json_int_t)counts->coupons_changed),
    };
    return audit_add(work, &entry, err);
}

bool catalogue_import(struct work *work, const char *path, struct catalogue_import *counts_out,
                      struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct file file = {.source = {.path = path, .arena = arena, .zone = work->tenant->zone, .err = err}};
    struct catalogue_import counts = {0};
    if (!read_file(&file))
        return false;
    bool ok = work_begin(work, err) && write_file(work, &file, &counts, err) &&
              note_audit(work, &counts, err) && work_commit(work, err);
    work_end(work);
    if (ok)
        *counts_out = counts;
    return ok;
}
