/* Catalogue files coming in: the file is read into plain structs and checked as a whole, then written. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"
#include "store/catalogue_file.h"
#include "store/internal.h"

enum { MOST_PRODUCTS = 5000, MOST_STOCK = 100000, MOST_QUEUED = 64 };

struct file_product {
    const char *code, *name, *description, *snk;
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
    const char *path;
    struct arena *arena;
    struct file_category *categories;
    size_t category_count;
    struct file_product *products;
    size_t product_count;
    size_t stock_count;
    struct error *err;
};

static bool fault(const struct file *file, int line, const char *key, const char *what)
{
    return error_set(file->err, ERR_INVALID, "%s:%d: %s: %s", file->path, line, key, what);
}

/* --- values --- */

static bool has_control(const char *text, bool lines_allowed)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == 0x7F || (c < 0x20 && !(lines_allowed && (c == '\n' || c == '\t'))))
            return true;
    }
    return false;
}

static bool is_code(const char *text)
{
    return *text &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(text);
}

/* Whether YAML means "nothing" by it. */
static bool is_null(const struct yaml_node *node)
{
    static const char *const nothings[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; node->plain && i < sizeof nothings / sizeof *nothings; i++) {
        if (strcmp(node->text, nothings[i]) == 0)
            return true;
    }
    return false;
}

/* What a key's value is; texts are counted in characters. */
enum value_kind { VALUE_LINE, VALUE_TEXT, VALUE_CODE, VALUE_PRICE, VALUE_LIST };
struct field {
    const char *key;
    enum value_kind kind;
    int64_t least, most;
    bool required;
    size_t offset; /* of the member it goes to: const char *, int64_t or none (list) */
};

static const struct field category_fields[] = {
    {"name", VALUE_LINE, 1, 64, true, offsetof(struct file_category, name)},
    {"emoji", VALUE_LINE, 0, 16, false, offsetof(struct file_category, emoji)},
    {"products", VALUE_LIST, 0, MOST_PRODUCTS, false, 0},
};
static const struct field product_fields[] = {
    {"code", VALUE_CODE, 1, 32, true, offsetof(struct file_product, code)},
    {"name", VALUE_LINE, 1, 100, true, offsetof(struct file_product, name)},
    {"price", VALUE_PRICE, 1, 1000000000, true, offsetof(struct file_product, price)},
    {"description", VALUE_TEXT, 0, 2000, false, offsetof(struct file_product, description)},
    {"snk", VALUE_TEXT, 0, 3000, false, offsetof(struct file_product, snk)},
    {"stock", VALUE_LIST, 0, MOST_STOCK, false, 0},
};
enum {
    CATEGORY_FIELDS = sizeof category_fields / sizeof *category_fields,
    PRODUCT_FIELDS = sizeof product_fields / sizeof *product_fields
};

static bool take_text(const struct file *file, const struct field *field, int line,
                      const struct yaml_node *node, void *object)
{
    if (node->kind != YAML_SCALAR || is_null(node))
        return fault(file, line, field->key, "must be a text");
    int64_t length = (int64_t)str_utf8_length(node->text);
    if (length < field->least)
        return fault(file, line, field->key, "is empty");
    if (length > field->most)
        return error_set(file->err, ERR_INVALID, "%s:%d: %s: longer than %lld characters", file->path, line,
                         field->key, (long long)field->most);
    if (has_control(node->text, field->kind == VALUE_TEXT))
        return fault(file, line, field->key, "holds a control character");
    if (field->kind == VALUE_CODE && !is_code(node->text))
        return fault(file, line, field->key, "may have letters, digits, _ and - only");
    memcpy((char *)object + field->offset, &node->text, sizeof node->text);
    return true;
}

static bool take_price(const struct file *file, const struct field *field, int line,
                       const struct yaml_node *node, void *object)
{
    int64_t value;
    if (node->kind != YAML_SCALAR || !node->plain || !str_to_int64(node->text, &value))
        return fault(file, line, field->key, "must be a whole number of rupiah");
    if (value < field->least || value > field->most)
        return error_set(file->err, ERR_INVALID, "%s:%d: %s: must be %lld to %lld rupiah", file->path, line,
                         field->key, (long long)field->least, (long long)field->most);
    memcpy((char *)object + field->offset, &value, sizeof value);
    return true;
}

static bool take_value(const struct file *file, const struct field *field, int line,
                       const struct yaml_node *node, void *object)
{
    if (field->kind == VALUE_PRICE)
        return take_price(file, field, line, node, object);
    if (field->kind != VALUE_LIST)
        return take_text(file, field, line, node, object);
    return node->kind == YAML_SEQUENCE || fault(file, line, field->key, "must be a list");
}

static bool take_fields(const struct file *file, const char *what, const struct yaml_node *node,
                        const struct field *fields, size_t field_count, void *object)
{
    if (node->kind != YAML_MAPPING)
        return fault(file, node->line, what, "must be a mapping");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_pair *pair = &node->items[i];
        size_t f = 0;
        while (f < field_count && strcmp(fields[f].key, pair->key) != 0)
            f++;
        if (f == field_count)
            return fault(file, pair->line, pair->key, "unknown key");
        if (!take_value(file, &fields[f], pair->line, pair->value, object))
            return false;
    }
    for (size_t f = 0; f < field_count; f++) {
        if (fields[f].required && !yaml_get(node, fields[f].key))
            return fault(file, node->line, fields[f].key, "is missing");
    }
    return true;
}

/* --- the file --- */

static bool read_stock(struct file *file, const struct yaml_node *list, struct file_product *product)
{
    if (!list)
        return true;
    file->stock_count += list->count;
    if (file->stock_count > MOST_STOCK)
        return fault(file, list->line, "stock", "more than 100,000 lines in the file");
    product->stock = ARENA_ARRAY(file->arena, const char *, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *node = list->items[i].value;
        if (node->kind != YAML_SCALAR || is_null(node))
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
    *product = (struct file_product){.description = "", .snk = "", .line = node->line, .category = category};
    if (!take_fields(file, "products", node, product_fields, PRODUCT_FIELDS, product) ||
        !read_stock(file, yaml_get(node, "stock"), product))
        return false;
    file->product_count++;
    return true;
}

static bool read_category(struct file *file, const struct yaml_node *node)
{
    size_t index = file->category_count;
    struct file_category *category = &file->categories[index];
    *category = (struct file_category){.emoji = "", .line = node->line};
    if (!take_fields(file, "categories", node, category_fields, CATEGORY_FIELDS, category))
        return false;
    file->category_count++;
    const struct yaml_node *products = yaml_get(node, "products");
    for (size_t i = 0; products && i < products->count; i++) {
        if (!read_product(file, products->items[i].value, index))
            return false;
    }
    return true;
}

/* A key of the file that must be there once, with the line it is on. */
struct unique {
    const char *text;
    int line;
};

static int by_text(const void *a, const void *b)
{
    const struct unique *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool check_unique(const struct file *file, const char *key, struct unique *list, size_t count)
{
    qsort(list, count, sizeof *list, by_text);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(list[i - 1].text, list[i].text) == 0)
            return error_set(file->err, ERR_INVALID, "%s:%d: %s: \"%s\" is already on line %d", file->path,
                             list[i].line, key, list[i].text, list[i - 1].line);
    }
    return true;
}

static bool check_all_unique(const struct file *file)
{
    size_t most = file->product_count > file->category_count ? file->product_count : file->category_count;
    struct unique *list = ARENA_ARRAY(file->arena, struct unique, most);
    for (size_t i = 0; i < file->category_count; i++)
        list[i] = (struct unique){file->categories[i].name, file->categories[i].line};
    if (!check_unique(file, "name", list, file->category_count))
        return false;
    for (size_t i = 0; i < file->product_count; i++)
        list[i] = (struct unique){file->products[i].code, file->products[i].line};
    return check_unique(file, "code", list, file->product_count);
}

static bool read_file(struct file *file)
{
    struct yaml_node *root;
    if (!yaml_read_file(file->arena, file->path, &root, file->err))
        return false;
    static const struct field root_fields[] = {{"categories", VALUE_LIST, 0, MOST_PRODUCTS, true, 0}};
    if (!take_fields(file, "the file", root, root_fields, 1, NULL))
        return false;
    const struct yaml_node *categories = yaml_get(root, "categories");
    if (categories->count > MOST_PRODUCTS)
        return fault(file, categories->line, "categories", "more than 5,000 in the file");
    file->categories = ARENA_ARRAY(file->arena, struct file_category, categories->count);
    file->products = ARENA_ARRAY(file->arena, struct file_product, MOST_PRODUCTS);
    for (size_t i = 0; i < categories->count; i++) {
        if (!read_category(file, categories->items[i].value))
            return false;
    }
    return check_all_unique(file);
}

/* --- writing --- */

static bool flush_now_and_then(struct work *work, size_t queued, struct error *err)
{
    return queued % MOST_QUEUED != 0 || db_flush(work->tx, err);
}

static bool write_categories(struct work *work, struct file *file, struct catalogue_import *counts,
                             struct error *err)
{
    struct db_rows *rows = ARENA_ARRAY(file->arena, struct db_rows, file->category_count);
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
        int low = 0, high = known.count;
        while (low < high) {
            int middle = low + (high - low) / 2;
            if (strcmp(db_text(&known, middle, 0), product->code) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == known.count || strcmp(db_text(&known, low, 0), product->code) != 0)
            return error_set(err, ERR_RETRY, "product %s went away meanwhile", product->code);
        product->id = db_int(&known, low, 1);
    }
    return true;
}

static bool write_products(struct work *work, struct file *file, struct catalogue_import *counts,
                           struct error *err)
{
    struct db_rows *rows = ARENA_ARRAY(file->arena, struct db_rows, file->product_count);
    for (size_t i = 0; i < file->product_count; i++) {
        const struct file_product *product = &file->products[i];
        struct catalogue_entry entry = {
            .category_id = file->categories[product->category].id,
            .code = product->code,
            .name = product->name,
            .description = product->description,
            .snk = product->snk,
            .price = product->price,
            .position = (int64_t)i + 1,
        };
        if (!catalogue_put_product(work, &entry, &rows[i], err) || !flush_now_and_then(work, i + 1, err))
            return false;
    }
    if (!db_flush(work->tx, err))
        return false;
    for (size_t i = 0; i < file->product_count; i++) {
        if (rows[i].count)
            *(db_bool(&rows[i], 0, 1) ? &counts->products_added : &counts->products_changed) += 1;
    }
    return find_ids(work, file, err);
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
    return write_categories(work, file, counts, err) && write_products(work, file, counts, err) &&
           write_stock(work, file, counts, err) && catalogue_stock_rose(work, err) &&
           catalogue_changed(work, err);
}

bool catalogue_import(struct work *work, const char *path, struct catalogue_import *counts_out,
                      struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct file file = {.path = path, .arena = arena, .err = err};
    struct catalogue_import counts = {0};
    if (!read_file(&file))
        return false;
    bool ok = work_begin(work, err) && write_file(work, &file, &counts, err) && work_commit(work, err);
    work_end(work);
    if (ok)
        *counts_out = counts;
    return ok;
}
