/*
 * People, as an admin looks for them: lists, a search, and one of them. Reads only, in the open transaction
 * or one of its own; results in the arena. The tables are user.c's and bar.c's.
 *
 * A page of a list is named by a cursor: 0 is the first one, n the one that begins with the person n, -n the
 * one in front of them; where nobody is there any more, the first one.
 */
#pragma once

#include "work/work.h"

enum { PEOPLE_ON_A_PAGE = 8 };

struct people_row {
    int64_t telegram_id;
    const char *first_name;
    const char *last_name, *username; /* or NULL */
    bool reachable;                   /* false: blocked the bot */
    int64_t barred_ms;                /* 0: not shut out */
    bool by_username;                 /* found by it */
};
struct people_list {
    size_t count;
    struct people_row people[PEOPLE_ON_A_PAGE];
    int64_t before, after; /* cursors of the pages beside it; 0: none */
};

/* Who came last is first. */
MUST_USE bool people_newest(struct work *work, int64_t cursor, struct people_list *list_out,
                            struct error *err);
/* Those who are shut out, in the order of their Telegram ids. */
MUST_USE bool people_barred(struct work *work, int64_t cursor, struct people_list *list_out,
                            struct error *err);

struct people_found {
    size_t count;
    struct people_row people[PEOPLE_ON_A_PAGE];
    bool has_more;
};
/* Whose username begins as typed, in byte order, and behind them those whose whole name does; small and
 * capital letters are the same, blanks around it don't matter. "@budi" looks at usernames alone, a whole
 * number is a Telegram id if there is one (then it is that one person). Behind the person `after`, who was
 * found by their username or not; 0: from the start. Nobody for an empty text. */
MUST_USE bool people_search(struct work *work, const char *typed, int64_t after, bool after_by_username,
                            struct people_found *found_out, struct error *err);

struct people_detail {
    struct people_row person;
    const char *language_code; /* or NULL */
    int64_t created_ms, seen_ms;
};
/* ERR_NOT_FOUND. */
MUST_USE bool people_get(struct work *work, int64_t telegram_id, struct people_detail *detail_out,
                         struct error *err);
