#include "bot/ledger_lines.h"

#include "base/str.h"
#include "bot/say.h"

enum { NOTE_LIMIT = 120 };

static enum text_key name_of_kind(enum ledger_kind kind)
{
    static const enum text_key names[] = {
        [LEDGER_DEPOSIT] = TEXT_HISTORY_DEPOSIT,   [LEDGER_PURCHASE] = TEXT_HISTORY_PURCHASE,
        [LEDGER_REFUND] = TEXT_HISTORY_REFUND,     [LEDGER_ADJUSTMENT] = TEXT_HISTORY_ADJUSTMENT,
        [LEDGER_TRANSFER] = TEXT_HISTORY_TRANSFER, [LEDGER_LATE_PAYMENT] = TEXT_HISTORY_LATE_PAYMENT,
    };
    return names[kind];
}

const char *ledger_signed(struct work *work, int64_t amount)
{
    const char *price = say_price(work, amount < 0 ? -amount : amount);
    return arena_printf(work->arena, "%s%s", amount < 0 ? "−" : "+", price);
}

const char *ledger_lines(struct work *work, const struct ledger_page *page)
{
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < page->count; i++) {
        const struct ledger_entry *entry = &page->entries[i];
        str_add(&lines, say(work, TEXT_HISTORY_LINE,
                            TEXT_VALUES(TV("harga", ledger_signed(work, entry->amount)),
                                        TV("jenis", say_label(work, name_of_kind(entry->kind))),
                                        TV("tanggal", say_date(work, entry->created_ms)))));
        str_add(&lines, "\n");
        if (!*entry->note)
            continue;
        const char *note = str_utf8_cut(work->arena, entry->note, NOTE_LIMIT);
        str_add(&lines, say(work, TEXT_HISTORY_NOTE, TEXT_VALUES(TV("catatan", note))));
        str_add(&lines, "\n");
    }
    return page->count ? str_done(&lines) : say(work, TEXT_HISTORY_EMPTY, TEXT_NO_VALUES);
}
