/* Stock from a .txt or .csv document: fetched and taken apart by the pool, added in the lane, and the admin
 * is told what came of it. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/units.h"
#include "bot/outgoing.h"
#include "store/catalogue_list.h"
#include "telegram/api.h"
#include "telegram/file.h"

enum { MOST_FAILURES = 5, LONGEST_CALL_MS = 30000, NAME_LIMIT = 100 };

#define JOB "stock_import"

/* --- asking for it --- */

static bool ends_in(const char *name, const char *ending)
{
    size_t length = strlen(name), end = strlen(ending);
    return length >= end && strcasecmp(name + length - end, ending) == 0;
}

void units_check_file(struct turn *turn, const struct wizard *wizard, const char *step, const char **why_out)
{
    struct work *work = turn->work;
    int64_t size;
    const char *name = wizard_document(wizard, step, &size);
    if (wizard_input_of(wizard, step) != WIZARD_DOCUMENT)
        return;
    if (!ends_in(name, ".txt") && !ends_in(name, ".csv"))
        *why_out = say(work, TEXT_UNITS_WHY_KIND, TEXT_NO_VALUES);
    else if (size > STOCK_LINES_MOST_BYTES)
        *why_out = say(work, TEXT_UNITS_WHY_SIZE, TEXT_NO_VALUES);
}

/* The job's ref is the update's: two files are two jobs. */
bool units_import(struct turn *turn, const struct wizard *wizard, const char *step, int64_t product_id,
                  struct error *err)
{
    struct work *work = turn->work;
    int64_t size;
    const char *name = wizard_document(wizard, step, &size);
    auto_json json_t *data =
        json_pack("{s:I, s:I, s:s, s:s}", "admin", (json_int_t)turn->update->from_id, "product",
                  (json_int_t)product_id, "file", wizard_text(wizard, step), "name", name);
    return job_add_with(work, JOB, turn->update->update_id, json_text(work->arena, data), err);
}

/* --- the job --- */

struct request {
    int64_t admin_id, product_id;
    const char *file_id, *name;
};
struct result {
    bool fetched;
    struct error err;
    enum stock_lines_fault fault;
    int64_t at;
    struct stock_lines lines;
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    auto_json json_t *json = NULL;
    const char *data, *file_id, *name;
    struct request *request = ARENA_NEW(work->arena, struct request);
    if (!job_data(work, JOB, ref, &data, err) || !json_parse(data, strlen(data), &json, err))
        return false;
    if (!json_get_int(json, "admin", &request->admin_id) ||
        !json_get_int(json, "product", &request->product_id) || !json_get_string(json, "file", &file_id) ||
        !json_get_string(json, "name", &name))
        return error_set(err, ERR_INTERNAL, "the job's data is damaged");
    request->file_id = arena_strdup(work->arena, file_id);
    request->name = arena_strdup(work->arena, name);
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request_taken)
{
    const struct request *request = request_taken;
    struct result *result = ARENA_NEW(arena, struct result);
    char *bytes;
    size_t length;
    result->fetched = telegram_download(telegram_base(), tenant->token, request->file_id,
                                        STOCK_LINES_MOST_BYTES, arena, &bytes, &length, &result->err);
    if (result->fetched)
        result->fault = stock_lines_read(arena, bytes, length, ends_in(request->name, ".csv"), &result->lines,
                                         &result->at);
    return result;
}

/* Why nothing of the file was added; HTML. NULL: it can be. */
static const char *why_nothing(struct work *work, const struct result *result)
{
    if (!result->fetched)
        return say(work, result->err.code == ERR_INVALID ? TEXT_UNITS_WHY_SIZE : TEXT_UNITS_WHY_GONE,
                   TEXT_NO_VALUES);
    bool empty = !result->lines.count && !result->lines.too_long;
    return result->fault != STOCK_LINES_OK || empty ? units_why_not(work, result->fault, result->at) : NULL;
}

static const char *refusal(struct work *work, const struct request *request, const char *why)
{
    return say(work, TEXT_UNITS_IMPORT_FAILED,
               TEXT_VALUES(TV("nama", str_utf8_cut(work->arena, request->name, NAME_LIMIT)),
                           TV_HTML("alasan", why)));
}

/* Where the product went away meanwhile nothing was written. */
static bool add(struct work *work, const struct request *request, const struct result *result,
                const char **html_out, struct error *err)
{
    const char *why = why_nothing(work, result);
    struct catalogue_list_product p;
    struct stock_added added;
    if (!why && catalogue_list_product(work, request->product_id, &p, err) &&
        stock_edit_add(work, request->admin_id, p.id, &result->lines, &added, err)) {
        *html_out = units_report(work, p.name, &result->lines, &added);
        return true;
    }
    if (!why && err->code != ERR_NOT_FOUND)
        return false;
    *html_out = refusal(work, request, why ? why : say_label(work, TEXT_ALERT_NOT_FOUND));
    return true;
}

static bool finish(struct work *work, int64_t ref, void *request_taken, void *result_taken,
                   struct job_step *step_out, struct error *err)
{
    const struct request *request = request_taken;
    const struct result *result = result_taken;
    const char *html;
    /* Who is no admin any more adds nothing. */
    if (!tenant_is_admin(work->tenant, request->admin_id) &&
        !tenant_is_owner(work->tenant, request->admin_id))
        return true;
    if (!result->fetched && (result->err.code == ERR_RETRY || result->err.code == ERR_UNCERTAIN)) {
        *err = result->err;
        return error_context(err, "the file");
    }
    if (!add(work, request, result, &html, err))
        return false;
    const struct outgoing report = {
        .chat_id = request->admin_id,
        .html = html,
        .keyboard = say_button(work, TEXT_BUTTON_GOODS_STOCK, units_data(work->arena, request->product_id))};
    return outgoing_add(work, &report, err);
}

const struct job_kind units_import_job = {.name = JOB,
                                          .prepare = prepare,
                                          .call = call,
                                          .finish = finish,
                                          .most_failures = MOST_FAILURES,
                                          .longest_call_ms = LONGEST_CALL_MS};
