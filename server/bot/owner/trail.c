/* A store's audit trail, or the server's. It lies in the store's own schema: its lane reads it. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "bot/owner/hop.h"
#include "bot/owner/screens.h"
#include "work/audit.h"

enum { ON_PAGE = 8, VALUE_LIMIT = 80, DETAIL_LIMIT = 300 };

struct rows {
    struct audit_row *rows;
    size_t count;
    bool more;
};

static bool ask(struct work *work, struct hop *hop, struct error *err)
{
    struct rows *rows = ARENA_NEW(hop->arena, struct rows);
    if (!audit_list(work, hop->number, ON_PAGE + 1, &rows->rows, &rows->count, err))
        return error_context(err, "audit trail");
    rows->more = rows->count > ON_PAGE;
    rows->count -= rows->more;
    hop->answer = rows;
    return true;
}

static const char *actor_html(struct work *work, const char *actor)
{
    int64_t id;
    if (str_starts_with(actor, "telegram:") && str_to_int64(actor + strlen("telegram:"), &id))
        return owner_person_html(work, id);
    return str_html(work->arena, actor);
}

/* "key: value · key: value"; plain. */
static const char *detail_of(struct work *work, const char *detail)
{
    auto_json json_t *object = NULL;
    struct error ignored;
    struct str s = STR_INIT(work->arena);
    const char *name;
    json_t *value;
    if (!json_parse(detail, strlen(detail), &object, &ignored))
        return "";
    json_object_foreach(object, name, value)
    {
        const char *text = json_is_string(value) ? json_string_value(value) : json_text(work->arena, value);
        str_addf(&s, "%s%s: %s", s.length ? " · " : "", name, str_utf8_cut(work->arena, text, VALUE_LIMIT));
    }
    return str_utf8_cut(work->arena, str_done(&s), DETAIL_LIMIT);
}

static const char *lines_of(struct work *work, const struct rows *rows)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < rows->count; i++) {
        const struct audit_row *row = &rows->rows[i];
        str_add(&s, i ? "\n\n" : "");
        str_add(&s, say(work, TEXT_OWNER_TRAIL_LINE,
                        TEXT_VALUES(TV("waktu", say_date(work, row->created_ms)), TV("peristiwa", row->event),
                                    TV_HTML("orang", actor_html(work, row->actor)),
                                    TV("rincian", detail_of(work, row->detail)))));
    }
    return str_done(&s);
}

static const char *show(struct work *work, const struct hop *hop, json_t **keyboard_out)
{
    const struct rows *rows = hop->answer;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (hop->number) /* new rows come above: back to the newest */
        keyboard_data(&keyboard, "⏮️", STYLE_NONE, "ota:%s:0", hop->store);
    if (rows && rows->more)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "ota:%s:%" PRId64, hop->store,
                      rows->rows[rows->count - 1].id);
    owner_ways_back(work, &keyboard, hop->store);
    *keyboard_out = keyboard_inline(&keyboard);
    const char *lines = !rows         ? say(work, TEXT_OWNER_NOT_READ, TEXT_NO_VALUES)
                        : rows->count ? lines_of(work, rows)
                                      : say(work, TEXT_OWNER_TRAIL_NONE, TEXT_NO_VALUES);
    return say(work, TEXT_OWNER_TRAIL, TEXT_VALUES(TV("toko", hop->store), TV_HTML("baris", lines)));
}

bool trail_open(struct turn *turn, struct error *err)
{
    static const struct hop_kind kind = {ask, show};
    hop_start(turn, &kind, turn->word, turn->numbers[0] > 0 ? turn->numbers[0] : 0);
    return true;
}
