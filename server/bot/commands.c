/* The commands as setMyCommands wants them, made once from the tables: those of the stores' bots and of the
 * owner's. */
#include "bot/bot.h"

#include <pthread.h>
#include <string.h>

#include "bot/owner/owner.h"
#include "bot/owner/screens.h"
#include "bot/routes.h"

enum { LANGUAGES = 2 };

static json_t *stores_lists[LANGUAGES], *owner_lists[LANGUAGES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static json_t *make_list(const struct command_row *rows, size_t count, size_t language)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct command_row *row = &rows[i];
        if (row->description < 0)
            continue;
        const char *name = language > 0 && row->names[1] ? row->names[1] : row->names[0];
        const char *description =
            text_get(say_texts(), text_languages[language], (enum text_key)row->description);
        json_array_append_new(list, json_pack("{s:s, s:s}", "command", name + 1, "description", description));
    }
    return list;
}

static void make_lists(void)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        stores_lists[i] = make_list(command_rows, command_row_count, i);
        owner_lists[i] = make_list(owner_command_rows, owner_command_row_count, i);
    }
}

static const json_t *list_of(json_t *const lists[LANGUAGES], const char *language)
{
    pthread_once(&once, make_lists);
    for (size_t i = 0; i < LANGUAGES; i++)
        if (strcmp(text_languages[i], language) == 0)
            return lists[i];
    return lists[0];
}

const json_t *bot_commands(const char *language)
{
    return list_of(stores_lists, language);
}

const json_t *owner_commands(const char *language)
{
    return list_of(owner_lists, language);
}
