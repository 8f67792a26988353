/* Pakasir's webhooks: posted to the project's address, tried again a few times where the answer is not 2xx.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sandbox;
struct transaction;
struct webhook;

/* Tells of a completed transaction `times` times: one after the other, or all at once. */
void webhook_send(struct sandbox *sandbox, struct transaction *transaction, int times, bool parallel,
                  int64_t delay_ms);
void webhook_free(void *webhook);
