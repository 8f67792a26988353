/* lapakctl, the operator's tool: options, the table of commands, and nothing else. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "command.h"
#include "tenants/places.h"

static const struct command *const commands[] = {
    // clang-format off
    &command_check,
    &command_tenants,
    &command_tenant_add,
    &command_migrate,
    &command_reload,
    &command_status,
    &command_suspend,
    &command_resume,
    &command_catalog_import,
    &command_catalog_export,
    &command_verify,
    &command_backup,
    &command_list,
    &command_restore,
    &command_audit,
    &command_alerts,
    &command_person_export,
    &command_person_erase,
    // clang-format on
};
enum { COMMANDS = sizeof commands / sizeof commands[0], MOST_WORDS = 64 };

struct arguments {
    const char *config_path, *env_path;
    bool json, help, version;
    int count; /* words that are no options: the command and its operands */
    const char *words[MOST_WORDS];
    int given_count; /* the command's own options */
    struct command_given given[MOST_WORDS];
};

/* Those of every command. */
static const struct option {
    struct command_option is;
    const char *letter;
    size_t offset; /* a const char * where it takes a value, else a bool */
} options[] = {
    {{"--config", "FILE", "the configuration (conf/lapak.yaml, else /etc/lapak/lapak.yaml)"},
     "-c",
     offsetof(struct arguments, config_path)},
    {{"--env", "FILE", "the env file (.env, else env beside the configuration)"},
     "-e",
     offsetof(struct arguments, env_path)},
    {{"--json", NULL, "print one JSON document"}, "-j", offsetof(struct arguments, json)},
    {{"--help", NULL, "print this, or how a command is used"}, "-h", offsetof(struct arguments, help)},
    {{"--version", NULL, "print the version"}, "-V", offsetof(struct arguments, version)},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

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

/* The command that the words name, or NULL; how many of them are its name goes to *words_out. */
static const struct command *find_command(const struct arguments *arguments, int *words_out)
{
    const struct command *found = NULL;
    int most = 0;
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = name_words(commands[i], arguments);
        if (words > most) {
            most = words;
            found = commands[i];
        }
    }
    *words_out = most;
    return found;
}

/* Whether the argument names the option; `=VALUE` behind it goes to *value_out. */
static bool names(const struct command_option *option, const char *letter, const char *argument,
                  const char **value_out)
{
    size_t length = strlen(option->name);
    *value_out = NULL;
    if (str_equal(argument, option->name) || (letter && str_equal(argument, letter)))
        return true;
    if (!option->value || !str_starts_with(argument, option->name) || argument[length] != '=')
        return false;
    *value_out = argument + length + 1;
    return true;
}

static bool usage_error(const char *what, const char *argument)
{
    fprintf(stderr, "lapakctl: %s%s; lapakctl --help tells more\n", what, argument);
    return false;
}

/* The value an option takes, from behind its `=` or from the next argument. */
static bool take_value(const struct command_option *option, int argc, char **argv, int *at,
                       const char **value_inout)
{
    if (option->value && !*value_inout) {
        if (*at + 1 == argc)
            return usage_error("a value is missing behind ", argv[*at]);
        *value_inout = argv[++*at];
    }
    return true;
}

static bool parse_own_option(int argc, char **argv, int *at, struct arguments *arguments)
{
    const char *value;
    int words;
    const struct command *command = find_command(arguments, &words);
    const struct command_option *own = command ? command->options : NULL;
    while (own && own->name && !names(own, NULL, argv[*at], &value))
        own++;
    if (!own || !own->name)
        return usage_error("there is no option ", argv[*at]);
    if (arguments->given_count == MOST_WORDS)
        return usage_error("too many arguments", "");
    if (!take_value(own, argc, argv, at, &value))
        return false;
    arguments->given[arguments->given_count++] = (struct command_given){own, value ? value : ""};
    return true;
}

static bool parse_option(int argc, char **argv, int *at, struct arguments *arguments)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *value;
        if (!names(&options[i].is, options[i].letter, argv[*at], &value))
            continue;
        char *target = (char *)arguments + options[i].offset;
        if (!take_value(&options[i].is, argc, argv, at, &value))
            return false;
        if (options[i].is.value)
            *(const char **)target = value;
        else
            *(bool *)target = true;
        return true;
    }
    return parse_own_option(argc, argv, at, arguments);
}

/* Options may stand before and behind the command, a command's own ones behind it; behind "--" there are
 * none. */
static bool parse(int argc, char **argv, struct arguments *arguments)
{
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        if (!only_words && str_equal(argv[i], "--")) {
            only_words = true;
        } else if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
            if (arguments->count == MOST_WORDS)
                return usage_error("too many arguments", "");
            arguments->words[arguments->count++] = argv[i];
        } else if (!parse_option(argc, argv, &i, arguments)) {
            return false;
        }
    }
    return true;
}

static void print_option(const struct command_option *option, const char *letter)
{
    int width = printf("  %s%s%s %s", letter ? letter : "", letter ? ", " : "", option->name,
                       option->value ? option->value : "");
    printf("%*s%s\n", width < 32 ? 32 - width : 2, "", option->help);
}

static void print_help(void)
{
    puts("usage: lapakctl [OPTION…] COMMAND [OPERAND…]\n\nCommands:");
    for (size_t i = 0; i < COMMANDS; i++) {
        int width = printf("  %s %s", commands[i]->name, commands[i]->usage);
        printf("%*s%s\n", width < 32 ? 32 - width : 2, "", commands[i]->help);
    }
    puts("\nOptions, before or behind the command (COMMAND --help lists its own):");
    for (size_t i = 0; i < OPTIONS; i++)
        print_option(&options[i].is, options[i].letter);
    puts("\nExit codes: 0 all is well; 1 something is wrong; 2 called wrongly.");
}

static void print_usage(FILE *file, const struct command *command)
{
    fprintf(file, "usage: lapakctl %s%s%s\n", command->name, *command->usage ? " " : "", command->usage);
}

static int run(const struct command *command, const struct arguments *arguments, int skip)
{
    if (arguments->help) {
        print_usage(stdout, command);
        puts(command->help);
        for (const struct command_option *own = command->options; own && own->name; own++)
            print_option(own, NULL);
        return COMMAND_OK;
    }
    int operands = arguments->count - skip;
    if (operands > abs(command->operands) || operands < command->operands) {
        print_usage(stderr, command);
        return COMMAND_USAGE;
    }
    auto_arena struct arena *arena = arena_new();
    struct command_context context = {
        .arena = arena,
        .config_path = places_config(arguments->config_path),
        .env_path = places_env(arena, arguments->env_path, arguments->config_path),
        .json = arguments->json,
        .operand_count = operands,
        .operands = arguments->words + skip,
        .given_count = arguments->given_count,
        .given = arguments->given,
    };
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
    int words;
    const struct command *command = find_command(&arguments, &words);
    if (command)
        return run(command, &arguments, words);
    if (arguments.help) {
        print_help();
        return COMMAND_OK;
    }
    usage_error(arguments.count ? "there is no command " : "which command?",
                arguments.count ? arguments.words[0] : "");
    return COMMAND_USAGE;
}
