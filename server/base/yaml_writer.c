#include "base/yaml_writer.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"

struct yaml_writer {
    yaml_emitter_t emitter;
    struct str text;
};

static int take_output(void *data, unsigned char *bytes, size_t length)
{
    str_add_bytes(data, bytes, length);
    return 1;
}

/* An emitter that fails was called in a wrong order or has no memory left. */
static void emit(struct yaml_writer *writer, int made, yaml_event_t *event)
{
    if (!made || !yaml_emitter_emit(&writer->emitter, event))
        abort();
}

static void put_scalar(struct yaml_writer *writer, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    bool plain = style == YAML_PLAIN_SCALAR_STYLE;
    emit(writer,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), plain,
                                      !plain, style),
         &event);
}

struct yaml_writer *yaml_writer_new(struct arena *arena)
{
    yaml_event_t event;
    struct yaml_writer *writer = ARENA_NEW(arena, struct yaml_writer);
    writer->text = STR_INIT(arena);
    if (!yaml_emitter_initialize(&writer->emitter))
        abort();
    yaml_emitter_set_output(&writer->emitter, take_output, &writer->text);
    yaml_emitter_set_unicode(&writer->emitter, 1);
    yaml_emitter_set_width(&writer->emitter, -1); /* no folding */
    emit(writer, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
    emit(writer, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
    return writer;
}

void yaml_writer_key(struct yaml_writer *writer, const char *key)
{
    put_scalar(writer, key, YAML_PLAIN_SCALAR_STYLE);
}

/* A literal block can't hold blanks before its first letter or at the ends of lines; libyaml then quotes. */
void yaml_writer_text(struct yaml_writer *writer, const char *text)
{
    bool lines = strchr(text, '\n') && text[0] != ' ' && text[0] != '\n' && !strstr(text, " \n");
    put_scalar(writer, text, lines ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void yaml_writer_quoted(struct yaml_writer *writer, const char *text)
{
    put_scalar(writer, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void yaml_writer_number(struct yaml_writer *writer, int64_t number)
{
    put_scalar(writer, arena_printf(writer->text.arena, "%lld", (long long)number), YAML_PLAIN_SCALAR_STYLE);
}

void yaml_writer_flag(struct yaml_writer *writer, bool flag)
{
    put_scalar(writer, flag ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
}

void yaml_writer_open_mapping(struct yaml_writer *writer)
{
    yaml_event_t event;
    emit(writer, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE),
         &event);
}

void yaml_writer_close_mapping(struct yaml_writer *writer)
{
    yaml_event_t event;
    emit(writer, yaml_mapping_end_event_initialize(&event), &event);
}

void yaml_writer_open_list(struct yaml_writer *writer)
{
    yaml_event_t event;
    emit(writer, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE),
         &event);
}

void yaml_writer_close_list(struct yaml_writer *writer)
{
    yaml_event_t event;
    emit(writer, yaml_sequence_end_event_initialize(&event), &event);
}

char *yaml_writer_done(struct yaml_writer *writer)
{
    yaml_event_t event;
    emit(writer, yaml_document_end_event_initialize(&event, 1), &event);
    emit(writer, yaml_stream_end_event_initialize(&event), &event);
    yaml_writer_drop(writer);
    return str_done(&writer->text);
}

void yaml_writer_drop(struct yaml_writer *writer)
{
    yaml_emitter_delete(&writer->emitter);
}
