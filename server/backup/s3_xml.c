/* What an S3-compatible store says in XML, read with expat. */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "backup/s3_call.h"
#include "base/str.h"

struct reading {
    struct arena *arena;
    const char *wanted; /* one element's text; NULL: all contents */
    const char *text_out;
    void (*found)(void *context, const char *key, int64_t size);
    void *context;
    struct str text; /* of the innermost element */
    const char *key;
    int64_t size;
    bool in_contents;
};

static void start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = data;
    reading->text = STR_INIT(reading->arena);
    if (strcmp(name, "Contents") == 0) {
        reading->in_contents = true;
        reading->key = NULL;
        reading->size = 0;
    }
}

static void end(void *data, const XML_Char *name)
{
    struct reading *reading = data;
    const char *text = str_done(&reading->text);
    if (reading->wanted && !reading->text_out && strcmp(name, reading->wanted) == 0)
        reading->text_out = text;
    if (reading->in_contents && strcmp(name, "Key") == 0)
        reading->key = text;
    if (reading->in_contents && strcmp(name, "Size") == 0 && !str_to_int64(text, &reading->size))
        reading->size = 0;
    if (strcmp(name, "Contents") == 0 && reading->in_contents) {
        reading->in_contents = false;
        if (reading->found && reading->key)
            reading->found(reading->context, reading->key, reading->size);
    }
    reading->text = STR_INIT(reading->arena);
}

static void characters(void *data, const XML_Char *text, int length)
{
    struct reading *reading = data;
    str_add_bytes(&reading->text, text, (size_t)length);
}

static bool read_xml(struct reading *reading, const char *xml, size_t length)
{
    XML_Parser parser = XML_ParserCreate("UTF-8");
    if (!parser || length > INT32_MAX)
        abort();
    XML_SetUserData(parser, reading);
    XML_SetElementHandler(parser, start, end);
    XML_SetCharacterDataHandler(parser, characters);
    reading->text = STR_INIT(reading->arena);
    bool ok = XML_Parse(parser, xml, (int)length, 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    return ok;
}

const char *s3_element(struct arena *arena, const char *xml, size_t length, const char *name)
{
    struct reading reading = {.arena = arena, .wanted = name};
    return read_xml(&reading, xml, length) ? reading.text_out : NULL;
}

bool s3_contents(struct arena *arena, const char *xml, size_t length,
                 void (*found)(void *context, const char *key, int64_t size), void *context)
{
    struct reading reading = {.arena = arena, .found = found, .context = context};
    return read_xml(&reading, xml, length);
}
