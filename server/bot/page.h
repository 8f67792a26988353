/*
 * The reply to an update: at most one page (a message's text with its keyboard, and perhaps a picture) and
 * one callback answer. A page edits the message that carries the button where it can; a new one is sent when
 * it came from a text, or when the message is too old to be known.
 *
 * A picture can be put to a message of text, but not taken away: a page without one then comes as a new
 * message, and the old one is deleted. Photos that are no pages (an invoice, a proof) stay what they are.
 */
#pragma once

#include <jansson.h>

#include "telegram/sender.h"
#include "telegram/update.h"
#include "work/work.h"

struct page {
    const char *html;   /* NULL: no page */
    json_t *keyboard;   /* inline or reply; may be NULL */
    const char *photo;  /* file_id of its picture, or NULL */
    bool keeps_photo;   /* the message shows that picture already, if it shows one */
    bool on_page;       /* the button stands on a page: a photo that carries it is one (struct route) */
    bool as_new;        /* a new message, whatever carries the button */
    const char *answer; /* the callback's answer, plain; NULL: an empty one */
    bool answer_pops_up;
};

void page_set_sender(struct sender *sender); /* NULL (tests): expendable calls are dropped */

/* Takes over the keyboard. A page set before is replaced. Cut to Telegram's limit. */
void page_show(struct work *work, struct page *page, const char *html, json_t *keyboard);
/* The same with a picture, by its file_id; `html` is its caption, and should fit HTML_CAPTION_LIMIT. */
void page_show_photo(struct work *work, struct page *page, const char *photo, const char *html,
                     json_t *keyboard);
/* The callback's answer; with `pops_up` the person has to close it. Cut to Telegram's limit. */
void page_answer(struct work *work, struct page *page, const char *plain, bool pops_up);
void page_forget(struct page *page);

/* Whether a page without a picture would edit the message that carries the button. */
bool page_can_edit(const struct update *update);

/* The body of the 200, in the arena, "" where there is nothing to say; hands the callback's answer to the
 * sender where the page takes the body. Forgets the page. */
const char *page_reply(struct work *work, const struct update *update, struct page *page);

/* An expendable change of a message of text that the bot sent. Takes over the keyboard. */
void page_change(struct work *work, int64_t chat_id, int64_t message_id, const char *html, json_t *keyboard);
/* An expendable message beside the page. Takes over the keyboard. */
void page_aside(struct work *work, int64_t chat_id, const char *html, json_t *keyboard);
/* The same for what is no text: a file Telegram knows, by the method that sends its kind ("sendSticker") and
 * the name this has for it ("sticker"). */
void page_file_aside(struct work *work, int64_t chat_id, const char *method, const char *kind,
                     const char *file_id);

/* The page as a message of its own, behind those sent aside before it, instead of in the webhook's reply.
 * Forgets the page, but not the callback's answer. */
void page_send(struct work *work, struct page *page, int64_t chat_id);

/* Params of sendMessage without chat_id; takes over the keyboard (may be NULL). The caller owns the result.
 */
json_t *page_message(struct work *work, const char *html, json_t *keyboard);
