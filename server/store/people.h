/*
 * People, as an admin looks for them: lists, a search, and one of them. Reads only, in the open transaction
 * or one of its own; results in the arena. The tables are user.c's and bar.c's.
 *
 * Lists go by pages of their own order, which are named by the person beside them: who comes or goes
 * meanwhile makes nobody be missed.
 */
#pragma once

#include "work/work.h"

struct people_row {
    int64_t telegram_id;
    const char *first_name;
    const char *last_name, *username; /* or NULL */
    bool reachable;                   /* false: blocked the bot */
    int64_t barred_ms;                /* 0: not shut out */
    bool by_username;                 /* found by it */
};
struct people_page {
    size_t count;
    const struct people_row *people;
    bool has_before, has_after;
};

/* Beside whom a page is: the people behind (`back`: before) this one in the list's order. 0: from the start,
 * and so where there is nobody before any more. */
struct people_place {
    int64_t telegram_id;
    bool back;
};

/* Those who came last at first. */
MUST_USE bool people_newest(struct work *work, struct people_place at, int64_t limit,
                            struct people_page *page_out, struct error *err);
/* Those who are shut out, in the order of their Telegram ids. */
MUST_USE bool people_barred(struct work *work, struct people_place at, int64_t limit,
                            struct people_page *page_out, struct error *err);

/* The longest beginning that is searched for, in characters. */
enum { PEOPLE_SEARCH_MOST = 64 };
/* Whose username begins as typed, in byte order, and behind them those whose whole name does; small and
 * capital letters are the same. "@budi" looks at usernames alone, a whole number also for the Telegram id
 * (then the page is that one person). Behind the person `after`, who was found by their username or not; 0:
 * from the start. Forwards only. Nobody for an empty text; blanks around it don't matter. */
MUST_USE bool people_search(struct work *work, const char *typed, int64_t after, bool after_by_username,
                            int64_t limit, struct people_page *page_out, struct error *err);

struct people_detail {
    struct people_row person;
    const char *language_code; /* or NULL */
    int64_t created_ms, seen_ms;
};
/* ERR_NOT_FOUND. */
MUST_USE bool people_get(struct work *work, int64_t telegram_id, struct people_detail *detail_out,
                         struct error *err);
