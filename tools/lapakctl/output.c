#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

void output_json(json_t *json)
{
    if (!json || json_dumpf(json, stdout, JSON_INDENT(2)) != 0)
        abort(); /* made by our own code from valid texts: memory ran out */
    putchar('\n');
    json_decref(json);
}

void output_error(const struct command_context *context, const struct error *err)
{
    if (context->json)
        output_json(json_pack("{s:o, s:s}", "error", json_string_of(context->arena, err->text), "code",
                              error_code_name(err->code)));
    else
        fprintf(stderr, "lapakctl: %s\n", err->text);
}

json_t *output_faults_json(const struct faults *faults)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:o}", "file",
                                              json_string_of(faults->arena, fault->file), "line", fault->line,
                                              "key", json_string_of(faults->arena, fault->key), "text",
                                              json_string_of(faults->arena, fault->text)));
    }
    return list;
}

void output_faults(const struct command_context *context, const struct faults *faults)
{
    if (context->json) {
        output_json(json_pack("{s:o}", "faults", output_faults_json(faults)));
        return;
    }
    for (size_t i = 0; i < faults->count; i++)
        fprintf(stderr, "%s\n", fault_text(context->arena, &faults->items[i]));
}

void output_table(const char *const *cells, size_t rows, size_t columns)
{
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
            const char *cell = cells[row * columns + column];
            size_t width = 0;
            for (size_t other = 0; other < rows; other++) {
                size_t length = str_utf16_length(cells[other * columns + column]);
                width = length > width ? length : width;
            }
            bool last = column + 1 == columns;
            printf("%s%*s", cell, last ? 0 : (int)(width - str_utf16_length(cell)) + 2, "");
        }
        putchar('\n');
    }
}
