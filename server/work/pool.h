/* The worker pool, shared by all stores: a few threads for what waits for others (Pakasir, bot registration).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pool;

struct pool *pool_start(int threads);
/* Runs fn(argument) on some thread of the pool, in order of submission. Never refused: callers bound
 * themselves. */
void pool_submit(struct pool *pool, void (*fn)(void *argument), void *argument);
/* As pool_submit, but not before `delay_ms` from now. */
void pool_submit_later(struct pool *pool, long delay_ms, void (*fn)(void *argument), void *argument);
size_t pool_waiting(struct pool *pool); /* submitted, not begun (delayed ones not counted) */
size_t pool_running(struct pool *pool);
/* Delayed tasks are dropped from now on (their arguments must own nothing); waits until all others are done
 * or `wait_ms` is over; true when all are. */
bool pool_drain(struct pool *pool, long wait_ms);
/* Drops delayed tasks, runs the others, ends the threads. Only tasks themselves may still submit. */
void pool_stop(struct pool **pool);
