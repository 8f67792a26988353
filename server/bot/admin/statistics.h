/*
 * `📊 Statistik`: a store's figures over a period, as a text, a chart and CSV files. They are read in the
 * background (store/aside.h): the press is answered at once with a line that says so, a job of the admin's
 * (one at a time) reads them, and what comes of it goes out through the outbox. What the files of it share;
 * nobody else includes it.
 */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/statistics.h"
#include "work/job.h"

/* Named by how many days it has up to today; STATISTICS_CHOSEN: from one date to another. */
enum { STATISTICS_CHOSEN = 0 };

/* Kept with the job, which may outlive the server. */
struct statistics_request {
    struct statistics_period period;
    int64_t days;       /* see above */
    int64_t message_id; /* becomes the page with the figures; 0: that is sent anew */
    bool csv;           /* files instead of the page */
};

/* --- statistics.c --- */

#define STATISTICS_HOME "ai"
extern const struct wizard_kind statistics_wizard;

/* --- statistics_job.c --- */

/* In the open transaction. False in `*begun_out`, and nothing is done, while an earlier one of this admin's
 * is under way. */
MUST_USE bool statistics_begin(struct turn *turn, const struct statistics_request *request, bool *begun_out,
                               struct error *err);
extern const struct job_kind statistics_job;

/* --- statistics_show.c --- */

/* "22/11/2026". */
const char *statistics_date(struct work *work, int64_t day);
/* "7 hari terakhir", or the dates; plain. */
const char *statistics_name(struct work *work, const struct statistics_request *request);
/* HTML. */
const char *statistics_loading(struct work *work, const struct statistics_request *request);
const char *statistics_html(struct work *work, const struct statistics_request *request,
                            const struct statistics *statistics);
/* The other periods and the ways back; with those of a result: again, and as CSV. */
json_t *statistics_keyboard(struct work *work, const struct statistics_request *request, bool with_result);
/* The chart's description and its caption (HTML). */
const char *statistics_chart(struct work *work, const struct statistics_request *request,
                             const struct statistics *statistics);
const char *statistics_caption(struct work *work, const struct statistics_request *request,
                               const struct statistics *statistics);
/* CSV. */
const char *statistics_csv_days(struct work *work, const struct statistics *statistics);
const char *statistics_csv_products(struct work *work, const struct statistics *statistics);
/* "2026-11-22", for names of files and for spreadsheets. */
const char *statistics_file_date(struct work *work, int64_t day);
