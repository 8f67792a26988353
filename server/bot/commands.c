/* The commands as setMyCommands wants them, made once from the table. */
#include "bot/bot.h"

#include <pthread.h>
#include <string.h>

#include "bot/routes.h"

enum { LANGUAGES = 2 };

static json_t *lists[LANGUAGES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static json_t *make_list(size_t language)
{
    json_t *list = json_array();
    for (size_t i = 0; i < command_row_count; i++) {
        const struct command_row *row = &command_rows[i];
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
    for (size_t i = 0; i < LANGUAGES; i++)
        lists[i] = make_list(i);
}

const json_t *bot_commands(const char *language)
{
    pthread_once(&once, make_lists);
    for (size_t i = 0; i < LANGUAGES; i++)
        if (strcmp(text_languages[i], language) == 0)
            return lists[i];
    return lists[0];
}
