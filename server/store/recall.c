#include "store/recall.h"

#include <stdlib.h>

#include "base/arena.h"

enum { LEAST_SLOTS = 64, MOST_SLOTS = 4096 };

struct recall_slot {
    int64_t person; /* 0: free */
    int64_t thing;
    int64_t at_ms;
    int64_t figure;
};

void recall_clear(struct recall *recall)
{
    free(recall->slots);
    *recall = (struct recall){.life_ms = recall->life_ms};
}

static struct recall_slot *slot_of(const struct recall *recall, int64_t person, int64_t thing)
{
    uint64_t h = (uint64_t)person * 0x9E3779B97F4A7C15u + (uint64_t)thing * 0xC2B2AE3D27D4EB4Fu;
    return &recall->slots[(h ^ (h >> 29)) & (recall->size - 1)];
}

static bool is_fresh(const struct recall *recall, const struct recall_slot *slot, int64_t now_ms)
{
    return slot->person && now_ms >= slot->at_ms && now_ms - slot->at_ms < recall->life_ms;
}

static void grow(struct recall *recall, size_t size, int64_t now_ms)
{
    struct recall larger = {
        .slots = xcalloc(size, sizeof(struct recall_slot)), .size = size, .life_ms = recall->life_ms};
    for (size_t i = 0; i < recall->size; i++) {
        const struct recall_slot *slot = &recall->slots[i];
        if (is_fresh(recall, slot, now_ms))
            *slot_of(&larger, slot->person, slot->thing) = *slot;
    }
    free(recall->slots);
    *recall = larger;
}

/* NULL where somebody else's is in its place, or nothing. */
static struct recall_slot *find(const struct recall *recall, int64_t person, int64_t thing)
{
    struct recall_slot *slot = recall->size ? slot_of(recall, person, thing) : NULL;
    return slot && slot->person == person && slot->thing == thing ? slot : NULL;
}

bool recall_get(const struct recall *recall, int64_t person, int64_t thing, int64_t now_ms,
                int64_t *figure_out, int64_t *at_ms_out)
{
    const struct recall_slot *slot = find(recall, person, thing);
    if (!slot || !is_fresh(recall, slot, now_ms))
        return false;
    *figure_out = slot->figure;
    *at_ms_out = slot->at_ms;
    return true;
}

void recall_put(struct recall *recall, int64_t person, int64_t thing, int64_t figure, int64_t now_ms)
{
    if (!recall->size)
        grow(recall, LEAST_SLOTS, now_ms);
    struct recall_slot *slot = slot_of(recall, person, thing);
    bool taken = is_fresh(recall, slot, now_ms) && (slot->person != person || slot->thing != thing);
    if (taken && recall->size < MOST_SLOTS) {
        grow(recall, recall->size * 2, now_ms);
        slot = slot_of(recall, person, thing);
    }
    *slot = (struct recall_slot){person, thing, now_ms, figure};
}

void recall_forget(struct recall *recall, int64_t person, int64_t thing)
{
    struct recall_slot *slot = find(recall, person, thing);
    if (slot)
        slot->person = 0;
}

void recall_forget_person(struct recall *recall, int64_t person)
{
    for (size_t i = 0; i < recall->size; i++)
        if (recall->slots[i].person == person)
            recall->slots[i].person = 0;
}
