/* The chat page: "/" and "/assets/…", built into the binary, or read from a folder while one works on it. */
#pragma once

#include <stddef.h>

struct web_request;

struct page_file {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

/* Made by embed.py; ended by a file without a name. */
extern const struct page_file page_files[];

/* From now on files are read from here; borrowed. */
void page_use_folder(const char *folder);

void page_on_index(struct web_request *request, void *context);
void page_on_asset(struct web_request *request, void *context);
