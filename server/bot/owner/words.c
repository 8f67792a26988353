#include "bot/owner/words.h"

#include "base/str.h"

enum { SUBJECT_LIMIT = 60 };

/* A kind without its texts does not compile. */
static const struct {
    enum text_key title, text;
} kinds[ALERT_KIND_COUNT] = {
#define WORDS_KIND(id, name, severity, recovers, window)                                                     \
    [ALERT_##id] = {TEXT_OWNER_ALERT_TITLE_##id, TEXT_OWNER_ALERT_##id},
    ALERT_KINDS(WORDS_KIND)
#undef WORDS_KIND
};

const char *words_sign(enum alert_kind kind)
{
    static const char *const signs[ALERT_SEVERITIES] = {
        [ALERT_NOTE] = "ℹ️", [ALERT_WARNING] = "⚠️", [ALERT_CRITICAL] = "🚨"};
    return signs[alert_kind_severity(kind)];
}

const char *words_store(const struct alert_row *row)
{
    return row->store ? row->store : TENANT_SERVER_NAME;
}

const char *words_title(struct work *work, const struct alert_row *row)
{
    const char *title = say_label(work, kinds[row->kind].title);
    if (!*row->subject || row->kind == ALERT_ERROR) /* an error's is its text once more */
        return title;
    return arena_printf(work->arena, "%s (%s)", title,
                        str_utf8_cut(work->arena, row->subject, SUBJECT_LIMIT));
}

const char *words_detail(struct work *work, const struct alert_row *row)
{
    const char *detail = *row->detail ? row->detail : "–";
    return say(work, kinds[row->kind].text, TEXT_VALUES(TV("detail", detail)));
}

const char *words_message(struct work *work, const struct alert_row *row, enum alert_telling why)
{
    static const enum text_key keys[] = {[ALERT_TELL_NEW] = TEXT_OWNER_ALERT_NEW,
                                         [ALERT_TELL_AGAIN] = TEXT_OWNER_ALERT_AGAIN,
                                         [ALERT_TELL_RECOVERED] = TEXT_OWNER_ALERT_RECOVERED};
    /* The first time there may be several already. */
    enum text_key key = why == ALERT_TELL_NEW && row->count > 1 ? TEXT_OWNER_ALERT_AGAIN : keys[why];
    return say(work, key,
               TEXT_VALUES(TV("toko", words_store(row)), TV("tanda", words_sign(row->kind)),
                           TV("apa", words_title(work, row)), TV_HTML("isi", words_detail(work, row)),
                           TV("jumlah", say_number(work, row->count)),
                           TV("sejak", say_date(work, row->first_ms)),
                           TV("selesai", say_date(work, row->recovered_ms))));
}

const char *words_digest(struct work *work, const struct alert_digest *digest)
{
    struct str lines = STR_INIT(work->arena);
    for (int kind = 0; kind < ALERT_KIND_COUNT; kind++) {
        if (!digest->by_kind[kind])
            continue;
        str_add(&lines, lines.length ? "\n" : "");
        str_add(&lines, say(work, TEXT_OWNER_ALERT_DIGEST_LINE,
                            TEXT_VALUES(TV("tanda", words_sign((enum alert_kind)kind)),
                                        TV("apa", say_label(work, kinds[kind].title)),
                                        TV("jumlah", say_number(work, digest->by_kind[kind])))));
    }
    return say(work, TEXT_OWNER_ALERT_DIGEST,
               TEXT_VALUES(TV("jumlah", say_number(work, digest->alerts)),
                           TV("pulih", say_number(work, digest->recovered)),
                           TV("toko", say_number(work, digest->stores)), TV_HTML("baris", str_done(&lines))));
}
