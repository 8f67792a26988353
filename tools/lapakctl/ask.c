#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

bool ask_is_terminal(void)
{
    return isatty(STDIN_FILENO);
}

/* Questions go to standard error: standard output is the result's. */
static const char *read_answer(struct arena *arena)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length = getline(&line, &size, stdin);
    const char *answer = NULL;
    if (length >= 0) {
        const char *start = line + strspn(line, " \t\r\n");
        size_t end = strlen(start);
        while (end > 0 && strchr(" \t\r\n", start[end - 1]))
            end--;
        answer = arena_memdup(arena, start, end);
        explicit_bzero(line, size);
    }
    free(line);
    return answer;
}

const char *ask(struct arena *arena, const char *question, const char *fallback)
{
    if (fallback)
        fprintf(stderr, "%s [%s]: ", question, fallback);
    else
        fprintf(stderr, "%s: ", question);
    const char *answer = read_answer(arena);
    return answer && !*answer && fallback ? fallback : answer;
}

const char *ask_secret(struct arena *arena, const char *question)
{
    struct termios before, silent;
    bool hidden = ask_is_terminal() && tcgetattr(STDIN_FILENO, &before) == 0;
    if (hidden) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        hidden = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    fprintf(stderr, "%s: ", question);
    const char *answer = read_answer(arena);
    if (hidden) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return answer;
}

bool ask_yes(struct arena *arena, const char *question)
{
    const char *answer = ask(arena, arena_printf(arena, "%s [y/N]", question), NULL);
    return answer && (!strcasecmp(answer, "y") || !strcasecmp(answer, "yes") || !strcasecmp(answer, "ya"));
}
