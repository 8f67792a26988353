/* Asking the operator on the terminal, or a script's lines on standard input. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"

/* The answer, blanks around it left out, in the arena; `fallback` (may be NULL) where it is empty. NULL at
 * the end of the input. */
const char *ask(struct arena *arena, const char *question, const char *fallback);
/* The same for what must not be seen: a terminal does not echo it. */
const char *ask_secret(struct arena *arena, const char *question);
/* Whether the answer is a yes (y, yes, ya); anything else is a no. */
bool ask_yes(struct arena *arena, const char *question);
/* Whether a person can be asked again after a wrong answer. */
bool ask_is_terminal(void);
