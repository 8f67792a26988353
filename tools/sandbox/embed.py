"""Writes files as C arrays: embed.py OUTPUT FILE... Used by meson.build for the chat page."""

import pathlib
import sys


def main():
    output, *paths = sys.argv[1:]
    lines = ['#include "page.h"', ""]
    names = []
    for number, path in enumerate(paths):
        data = pathlib.Path(path).read_bytes()
        names.append((pathlib.Path(path).name, len(data)))
        lines.append(f"static const unsigned char file_{number}[] = {{")
        for at in range(0, len(data), 24):
            lines.append(" ".join(f"{byte}," for byte in data[at : at + 24]))
        lines += ["0};", ""]
    lines.append("const struct page_file page_files[] = {")
    for number, (name, size) in enumerate(names):
        lines.append(f'    {{"{name}", file_{number}, {size}}},')
    lines += ["    {0},", "};", ""]
    pathlib.Path(output).write_text("\n".join(lines))


main()
