/*
 * The channel that a store wants its buyers in, as Telegram knows it: who is in it, and whether the bot may
 * see that. A channel that can't be asked keeps nobody from buying: people are let in, the admins are told
 * once, and once when it is over (the job channel_down, whose row is the outage as all servers know it).
 */
#pragma once

#include "work/job.h"

enum channel_answer {
    CHANNEL_IN,
    CHANNEL_OUT,
    CHANNEL_REFUSED, /* Telegram does not tell: no such channel, or the bot is no administrator there */
    CHANNEL_AWAY,    /* Telegram can't be reached, or wants to be asked less */
    CHANNEL_BUSY,    /* others are being asked about, or the server stops: a moment later */
};
struct channel_said {
    enum channel_answer answer;
    const char *why; /* REFUSED, AWAY: for people, without secrets; else "" */
};

/* --- the pool --- */

/* Whether the person is in it; with the bot's own id whether it is an administrator there (OUT: it is not).
 * Texts in the arena. */
struct channel_said channel_ask(const struct tenant *tenant, struct arena *arena, const char *channel,
                                int64_t person);
/* The channel's title, and a link by which people get into one without a name (NULL: there is none). False
 * where Telegram does not tell. */
bool channel_describe(const struct tenant *tenant, struct arena *arena, const char *channel,
                      const char **title_out, const char **link_out, struct channel_said *said_out);

/* --- the lane --- */

/* Whether it is still the one that buyers have to be in. In the open transaction. */
MUST_USE bool channel_is_set(struct work *work, const char *channel, bool *is_set_out, struct error *err);
/* How people get to it; NULL: nobody knows. In the arena. */
const char *channel_url(struct work *work);
/* It can't be asked: tells the admins, unless they know. In the open transaction. */
MUST_USE bool channel_note_down(struct work *work, const char *why, struct error *err);
extern const struct job_kind channel_down_job;
