/*
 * Writing YAML with libyaml's emitter: block style, texts in double quotes or (several lines) as literal
 * blocks, so that none is taken for a number, a null or a list. Called in a wrong order it aborts: that is
 * our bug.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct yaml_writer;

/* Opens a document; everything lies in the arena but libyaml's own memory, which yaml_writer_done() frees. */
struct yaml_writer *yaml_writer_new(struct arena *arena);
void yaml_writer_key(struct yaml_writer *writer, const char *key);
/* A value, or an item of a list. */
void yaml_writer_text(struct yaml_writer *writer, const char *text);
/* The same in double quotes, however many lines it has. */
void yaml_writer_quoted(struct yaml_writer *writer, const char *text);
void yaml_writer_number(struct yaml_writer *writer, int64_t number);
void yaml_writer_flag(struct yaml_writer *writer, bool flag);
void yaml_writer_open_mapping(struct yaml_writer *writer);
void yaml_writer_close_mapping(struct yaml_writer *writer);
void yaml_writer_open_list(struct yaml_writer *writer);
void yaml_writer_close_list(struct yaml_writer *writer);
/* Ends the document; the text, in the arena. */
char *yaml_writer_done(struct yaml_writer *writer);
/* Frees libyaml's memory of a document that is not ended. */
void yaml_writer_drop(struct yaml_writer *writer);
