/* The machine the server runs on, as it was seen last. */
#include <inttypes.h>
#include <string.h>

#include "bot/owner/screens.h"
#include "watch/machine.h"

static const char *percent(struct work *work, int value)
{
    return value < 0 ? "–" : arena_printf(work->arena, "%d %%", value);
}

const char *owner_bytes(struct work *work, int64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    if (bytes < 0)
        return "–";
    while (value >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    char *text = arena_printf(work->arena, value < 10 && unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    char *point = str_equal(work->tenant->language, "id") ? strchr(text, '.') : NULL;
    if (point)
        *point = ',';
    return text;
}

static const char *disks_html(struct work *work, const struct machine_figures *f)
{
    struct str s = STR_INIT(work->arena);
    for (int place = 0; place < MACHINE_PLACES; place++) {
        const struct machine_disk *disk = &f->disks[place];
        if (!disk->known)
            continue;
        str_add(&s, say(work, TEXT_OWNER_HEALTH_DISK,
                        TEXT_VALUES(TV("tempat", machine_place_name((enum machine_place)place)),
                                    TV("terpakai", percent(work, disk->percent)),
                                    TV("sisa", owner_bytes(work, disk->free_bytes)))));
        str_add(&s, "\n");
    }
    return str_done(&s);
}

static const char *clocks_html(struct work *work, const struct machine_figures *f)
{
    struct str s = STR_INIT(work->arena);
    for (int clock = 0; clock < MACHINE_CLOCKS; clock++)
        if (f->clock_known[clock])
            str_addf(&s, "%s%s %+.1f s", s.length ? " · " : "", machine_clock_name((enum machine_clock)clock),
                     (double)f->clock_ms[clock] / 1000);
    return s.length ? str_done(&s) : "–";
}

static const char *database_html(struct work *work, const struct machine_figures *f)
{
    if (!f->database_known)
        return "–";
    return say(work, TEXT_OWNER_HEALTH_DATABASE,
               TEXT_VALUES(TV("tanda", f->database_up ? "✅" : "❌"),
                           TV("ukuran", owner_bytes(work, f->database_bytes)),
                           TV("koneksi", say_number(work, f->connections)),
                           TV("batas", say_number(work, f->most_connections))));
}

static const char *machine_html(struct work *work, const struct machine_figures *f)
{
    return say(work, TEXT_OWNER_HEALTH,
               TEXT_VALUES(TV("waktu", say_date(work, f->checked_ms)),
                           TV("cpu", percent(work, f->cpu_percent)),
                           TV("memori", percent(work, f->memory_percent)),
                           TV("memori_sisa", owner_bytes(work, f->memory_available_bytes)),
                           TV_HTML("disk", disks_html(work, f)), TV("log", owner_bytes(work, f->log_bytes)),
                           TV_HTML("database", database_html(work, f)),
                           TV("sertifikat", f->certificate_ms ? say_date(work, f->certificate_ms) : "–"),
                           TV("jam", clocks_html(work, f))));
}

int owner_fullest_disk(const struct machine_figures *f)
{
    int most = -1;
    for (int place = 0; place < MACHINE_PLACES; place++)
        if (f->disks[place].known && f->disks[place].percent > most)
            most = f->disks[place].percent;
    return most;
}

bool health_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct machine_figures figures;
    machine_get(&figures);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_OWNER_BACKUP, "otb:" TENANT_SERVER_NAME);
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_OWNER_TRAIL, "ota:" TENANT_SERVER_NAME ":0");
    screen_button(turn, &keyboard, TEXT_BUTTON_OWNER_ERRORS, "ote:" TENANT_SERVER_NAME ":0");
    owner_refresh_button(turn, &keyboard, "oh");
    screen_show(turn,
                figures.checked_ms ? machine_html(work, &figures)
                                   : say(work, TEXT_OWNER_HEALTH_NONE, TEXT_NO_VALUES),
                &keyboard, NULL);
    return true;
}
