/* The whole configuration as a file: going out at once, coming in by a job, because the file has to be
 * fetched. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/store_settings.h"
#include "bot/admin/texts.h"
#include "bot/outgoing.h"
#include "store/own_file.h"
#include "telegram/api.h"
#include "telegram/file.h"
#include "work/job.h"

enum { MOST_FAILURES = 5, KILOBYTE = 1024 };

bool texts_export(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct outgoing outgoing = {
        .chat_id = turn->update->chat_id,
        .html = say(
            work, TEXT_TEXTS_FILE,
            TEXT_VALUES(TV("store_name", work->tenant->title), TV("tanggal", say_date(work, work->now_ms)))),
        .file_text = own_file_export(work),
        .file_name = arena_printf(work->arena, "%s.yaml", work->tenant->name),
    };
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_TEXT_SAMPLE), false);
    return outgoing_add(work, &outgoing, err);
}

/* --- coming in --- */

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return "ar";
}

static const char *too_long(struct work *work)
{
    return say(work, TEXT_TEXTS_IMPORT_LONG,
               TEXT_VALUES(TV("jumlah", say_number(work, OWN_FILE_MOST_BYTES / KILOBYTE))));
}

static bool check_size(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t size;
    wizard_document(wizard, "file", &size);
    if (size > OWN_FILE_MOST_BYTES)
        *why_out = too_long(turn->work);
    return true;
}

static bool sure(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out = say(turn->work, TEXT_TEXTS_IMPORT_SURE, TEXT_NO_VALUES);
    return true;
}

#define JOB "texts_import"

/* The job's ref is the admin's chat with the update: two admins, or one twice, import one after the other. */
static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    const char *data =
        arena_printf(work->arena, "%" PRId64 " %s", turn->update->from_id, wizard_text(wizard, "file"));
    if (!job_add_with(work, JOB, turn->update->update_id, data, err))
        return false;
    screen_say(turn, say(work, TEXT_TEXTS_IMPORT_STARTED, TEXT_NO_VALUES), "ar");
    return true;
}

static const struct wizard_step steps[] = {
    {.name = "file",
     .label = TEXT_TEXTS_IMPORT_FILE,
     .prompt = TEXT_TEXTS_IMPORT_ASK,
     .takes = WIZARD_DOCUMENT,
     .check = check_size},
    {0},
};
const struct wizard_kind texts_import_wizard = {.name = JOB,
                                                .title = TEXT_TEXTS_IMPORT_TITLE,
                                                .role = ROLE_ADMIN,
                                                .steps = steps,
                                                .confirms = true,
                                                .preview = sure,
                                                .finish = finish,
                                                .back = back};

bool texts_import(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &texts_import_wizard), err);
}

/* --- the job --- */

struct request {
    int64_t admin_id;
    const char *file_id;
};
struct result {
    bool ok;
    char *bytes;
    size_t length;
    struct error err;
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    const char *data;
    char *end;
    struct request *request = ARENA_NEW(work->arena, struct request);
    if (!job_data(work, JOB, ref, &data, err))
        return false;
    request->admin_id = strtoll(data, &end, 10);
    request->file_id = arena_strdup(work->arena, end + strspn(end, " "));
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request_taken)
{
    const struct request *request = request_taken;
    struct result *result = ARENA_NEW(arena, struct result);
    result->ok = telegram_download(telegram_base(), tenant->token, request->file_id, OWN_FILE_MOST_BYTES,
                                   arena, &result->bytes, &result->length, &result->err);
    return result;
}

static const char *why_not(struct turn *turn, const struct own_file_fault *fault)
{
    static const enum text_key lines[] = {
        [OWN_FILE_SYNTAX] = TEXT_TEXTS_WHY_SYNTAX,
        [OWN_FILE_UNKNOWN] = TEXT_TEXTS_WHY_UNKNOWN,
        [OWN_FILE_VALUE] = TEXT_TEXTS_WHY_VALUE,
        [OWN_FILE_TAKEN] = TEXT_TEXT_WHY_TAKEN,
    };
    enum text_key key;
    if (fault->kind == OWN_FILE_TEXT && text_find(fault->key, &key))
        return texts_why_not(turn, key, &fault->text);
    return say(turn->work, lines[fault->kind], TEXT_NO_VALUES);
}

static const char *outcome(struct work *work, const struct own_file_result *result)
{
    struct turn turn = {.work = work};
    struct str lines = STR_INIT(work->arena);
    if (!result->fault_count)
        return say(work, TEXT_TEXTS_IMPORT_DONE,
                   TEXT_VALUES(TV("jumlah", say_number(work, result->changed)),
                               TV("sama", say_number(work, result->same)),
                               TV("lewat", say_number(work, result->pictures_left_out))));
    for (size_t i = 0; i < result->fault_count; i++) {
        const struct own_file_fault *fault = &result->faults[i];
        str_add(&lines, i ? "\n" : "");
        str_add(&lines, say(work, TEXT_TEXTS_IMPORT_FAULT,
                            TEXT_VALUES(TV("nomor", say_number(work, fault->line)), TV("nama", fault->key),
                                        TV_HTML("alasan", why_not(&turn, fault)))));
    }
    return say(work, TEXT_TEXTS_IMPORT_FAULTS, TEXT_VALUES(TV_HTML("baris", str_done(&lines))));
}

/* A channel is set once Telegram has told that it can be. */
static bool finish_import(struct work *work, const struct request *request,
                          const struct own_file_result *result, const char **html_out, struct error *err)
{
    const char *html = outcome(work, result), *checking;
    if (result->channel) {
        if (!channel_check(work, request->admin_id, result->channel, result->channel_edition, &checking, err))
            return false;
        html = arena_printf(work->arena, "%s\n\n%s", html, checking);
    }
    *html_out = html;
    return true;
}

/* What can't be fetched is said; what may pass is tried again. */
static bool apply(struct work *work, const struct request *request, struct result *result,
                  const char **html_out, struct error *err)
{
    struct own_file_result done;
    if (!result->ok && (result->err.code == ERR_RETRY || result->err.code == ERR_UNCERTAIN)) {
        *err = result->err;
        return false;
    }
    if (!result->ok)
        *html_out = result->err.code == ERR_INVALID ? too_long(work)
                                                    : say(work, TEXT_TEXTS_IMPORT_GONE, TEXT_NO_VALUES);
    else if (!own_file_import(work, result->bytes, result->length, request->admin_id, texts_is_taken, &done,
                              err))
        return false;
    else
        return finish_import(work, request, &done, html_out, err);
    return true;
}

static bool finish_job(struct work *work, int64_t ref, void *request_taken, void *result_taken,
                       struct job_step *step_out, struct error *err)
{
    const struct request *request = request_taken;
    const char *html;
    /* Who is no admin any more imports nothing. */
    if (!tenant_is_admin(work->tenant, request->admin_id) &&
        !tenant_is_owner(work->tenant, request->admin_id))
        return true;
    if (!apply(work, request, result_taken, &html, err))
        return error_context(err, "import");
    const struct outgoing outgoing = {
        .chat_id = request->admin_id, .html = html, .keyboard = say_button(work, TEXT_BUTTON_MENU, "ad")};
    return outgoing_add(work, &outgoing, err);
}

const struct job_kind texts_import_job = {.name = JOB,
                                          .prepare = prepare,
                                          .call = call,
                                          .finish = finish_job,
                                          .most_failures = MOST_FAILURES,
                                          .longest_call_ms = 30000};
