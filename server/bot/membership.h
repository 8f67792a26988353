/*
 * Buyers who have to be in the store's channel: what they get who are not known to be (a row of gate.c), and
 * the job that asks Telegram. Who was in it and is to be asked for again is served meanwhile.
 */
#pragma once

#include "bot/turn.h"
#include "work/job.h"

/* The barrier; may ask the database, and adds the job for somebody whose membership is old. No transaction
 * is open. */
MUST_USE bool membership_stands(struct turn *turn, bool *stands_out, struct error *err);
/* What they get; needs no transaction. And the button on it that leads through. */
turn_handler membership_page, membership_press;

/* ref: the person; data: the message with the button, where one was pressed. */
extern const struct job_kind membership_job;
