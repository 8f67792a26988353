/* lapakctl, the operator's tool: options, the table of commands, and nothing else. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "command.h"

static const struct command *const commands[] = {
    &command_check,          &command_tenants,        &command_migrate, &command_tenant_add,
    &command_catalog_import, &command_catalog_export, &command_verify,
};
enum { COMMANDS = sizeof commands / sizeof commands[0], MOST_WORDS = 64 };

struct arguments {
    const char *config_path, *env_path;
    bool json, help, version;
    int count; /* words that are no options: the command and its operands */
    const char *words[MOST_WORDS];
};

static const struct option {
    const char *name, *letter, *value, *help;
    size_t offset; /* a const char * where it takes a value, else a bool */
} options[] = {
    {"--config", "-c", "FILE", "the configuration (conf/lapak.yaml)",
     offsetof(struct arguments, config_path)},
    {"--env", "-e", "FILE", "the env file (.env, where there is one)", offsetof(struct arguments, env_path)},
    {"--json", "-j", NULL, "print one JSON document", offsetof(struct arguments, json)},
    {"--help", "-h", NULL, "print this, or how a command is used", offsetof(struct arguments, help)},
    {"--version", "-V", NULL, "print the version", offsetof(struct arguments, version)},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

/* The option that the argument names; `=VALUE` behind it goes to *value_out. */
static const struct option *find_option(const char *argument, const char **value_out)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        size_t length = strlen(options[i].name);
        *value_out = NULL;
        if (str_equal(argument, options[i].name) || str_equal(argument, options[i].letter))
            return &options[i];
        *value_out = argument + length + 1;
        if (options[i].value && str_starts_with(argument, options[i].name) && argument[length] == '=')
            return &options[i];
    }
    return NULL;
}

static bool usage_error(const char *what, const char *argument)
{
    fprintf(stderr, "lapakctl: %s%s; lapakctl --help tells more\n", what, argument);
    return false;
}

/* Options may stand before and behind the command; behind "--" there are none. */
static bool parse(int argc, char **argv, struct arguments *arguments)
{
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        if (!only_words && str_equal(argv[i], "--")) {
            only_words = true;
        } else if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
            if (arguments->count == MOST_WORDS)
                return usage_error("too many arguments", "");
            arguments->words[arguments->count++] = argv[i];
        } else {
            const struct option *option = find_option(argv[i], &value);
            if (!option)
                return usage_error("there is no option ", argv[i]);
            char *target = (char *)arguments + option->offset;
            if (!option->value) {
                *(bool *)target = true;
                continue;
            }
            if (!value && i + 1 == argc)
                return usage_error("a value is missing behind ", argv[i]);
            *(const char **)target = value ? value : argv[++i];
        }
    }
    return true;
}

/* How many of the words are the command's name, or 0. */
static int name_words(const struct command *command, const struct arguments *arguments)
{
    const char *name = command->name;
    for (int words = 0; words < arguments->count; words++) {
        size_t length = strlen(arguments->words[words]);
        if (strncmp(name, arguments->words[words], length) != 0)
            return 0;
        if (name[length] == '\0')
            return words + 1;
        if (name[length] != ' ')
            return 0;
        name += length + 1;
    }
    return 0;
}

static void print_help(void)
{
    puts("usage: lapakctl [OPTION…] COMMAND [OPERAND…]\n\nCommands:");
    for (size_t i = 0; i < COMMANDS; i++) {
        int width = printf("  %s %s", commands[i]->name, commands[i]->usage);
        printf("%*s%s\n", width < 32 ? 32 - width : 2, "", commands[i]->help);
    }
    puts("\nOptions, before or behind the command:");
    for (size_t i = 0; i < OPTIONS; i++) {
        int width = printf("  %s, %s %s", options[i].letter, options[i].name,
                           options[i].value ? options[i].value : "");
        printf("%*s%s\n", width < 32 ? 32 - width : 2, "", options[i].help);
    }
    puts("\nExit codes: 0 all is well; 1 something is wrong; 2 called wrongly.");
}

static int run(const struct command *command, const struct arguments *arguments, int skip)
{
    if (arguments->help) {
        printf("usage: lapakctl %s%s%s\n%s\n", command->name, *command->usage ? " " : "", command->usage,
               command->help);
        return COMMAND_OK;
    }
    int operands = arguments->count - skip;
    if (operands > abs(command->operands) || operands < command->operands) {
        fprintf(stderr, "usage: lapakctl %s%s%s\n", command->name, *command->usage ? " " : "",
                command->usage);
        return COMMAND_USAGE;
    }
    auto_arena struct arena *arena = arena_new();
    struct command_context context = {
        .arena = arena,
        .config_path = arguments->config_path ? arguments->config_path : "conf/lapak.yaml",
        .env_path = arguments->env_path,
        .json = arguments->json,
        .operand_count = operands,
        .operands = arguments->words + skip,
    };
    if (!context.env_path && access(".env", F_OK) == 0)
        context.env_path = ".env";
    int code = command->run(&context);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("lapakctl: standard output");
        return COMMAND_FAILED;
    }
    return code;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    if (!parse(argc, argv, &arguments))
        return COMMAND_USAGE;
    if (arguments.version) {
        puts("lapakctl " LAPAK_VERSION);
        return COMMAND_OK;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = name_words(commands[i], &arguments);
        if (words > 0)
            return run(commands[i], &arguments, words);
    }
    if (arguments.help) {
        print_help();
        return COMMAND_OK;
    }
    usage_error(arguments.count ? "there is no command " : "which command?",
                arguments.count ? arguments.words[0] : "");
    return COMMAND_USAGE;
}
