/* singula verify: says of each file whether it may run, and if not, why. */
#include "cli/cli.h"
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_LIST = OPT_LONG, OPT_CODE, OPT_CERTIFICATE, OPT_CHECK };

static const struct opt_def options[] = {
    {'f', "format", "FORM", "text (default), json or sarif"},
    {'e', "explain", NULL, "print what each function does with references, as it was inferred"},
    {'q', "quiet", NULL, "print refusals only"},
    {OPT_CERTIFICATE, "certificate", "CERT", "write the proof of FILE (only one) to CERT"},
    {OPT_CHECK, "check-certificate", "CERT", "check the proof in CERT instead of looking for one"},
    {OPT_LIST, "list-codes", NULL, "print every code with what it means, then exit"},
    {OPT_CODE, "explain-code", "CODE",
     "print what a code means, an example and the cure, then exit"},
    {0, NULL, NULL, NULL},
};

enum form { FORM_TEXT, FORM_JSON, FORM_SARIF };

static void list_codes(enum form form)
{
    json_t *list = json_array();
    for (int c = 1; c < singula_status_count(); c++)
        if (form == FORM_TEXT)
            printf("%-28s %s\n", singula_status_name(c), singula_status_phrase(c));
        else
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "code", singula_status_name(c),
                                                  "phrase", singula_status_phrase(c), "cure",
                                                  singula_status_cure(c)));
    if (form != FORM_TEXT) {
        json_dumpf(list, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    }
    json_decref(list);
}

static int explain_code(const char *code)
{
    char *page = report_code_page(code);
    bool known = page && page[0];
    if (known)
        fputs(page, stdout);
    else
        complain("verify: no code %s (see singula verify --list-codes)", code);
    free(page);
    return known ? EXIT_OK : EXIT_USAGE;
}

struct job {
    int form;    /* enum form */
    json_t *out; /* JSON or SARIF so far; NULL: text */
    bool quiet, explain;
    const char *certificate; /* to be written, or NULL */
    const char *check;       /* to be used, or NULL */
};

/* What the verifier inferred of an accepted module, below its line. */
static void print_signatures(const char *text)
{
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = strchrnul(text, '\n');
        printf("  %.*s\n", (int)(end - text), text);
    }
}

/* Verifies one file and adds what it found to the job's output, or prints it. */
static int verify_file(const char *path, const struct job *job)
{
    char *signatures = NULL;
    static struct singula_diag errors[REPORT_ERRORS];
    struct report_file f = {.path = path, .errors = errors};
    struct singula_verify_options opt = {
        .errors = errors, .max_errors = REPORT_ERRORS, .nerrors = &f.n};
    struct singula_module *m = NULL;
    struct singula_diag why;
    uint8_t *bytes;
    size_t n;
    uint8_t *given = NULL, *made = NULL;
    size_t nmade = 0;
    if (job->check && !files_read(job->check, &given, &opt.ncertificate))
        return EXIT_USAGE;
    if (!files_read(path, &bytes, &n)) {
        free(given);
        return EXIT_USAGE;
    }
    opt.certificate = given;
    if (job->certificate) {
        opt.new_certificate = &made;
        opt.nnew_certificate = &nmade;
    }
    int bad = singula_verify(bytes, n, &opt, &m, &why);
    if (!bad && job->explain)
        f.signatures = signatures = singula_module_signatures(m);
    singula_module_destroy(m);
    if (bad && f.n == 0) { /* no memory for the list */
        errors[0] = why;
        f.n = 1;
    }
    locate_lines(bytes, n, errors, f.n);
    free(bytes);
    free(given);
    if (job->form == FORM_JSON)
        json_array_append_new(job->out, report_json(&f));
    else if (job->form == FORM_SARIF)
        report_sarif_add(job->out, &f);
    else if (bad)
        report_text(&f);
    else if (!job->quiet || job->explain)
        printf("%s: accepted\n", path);
    if (!job->out && signatures)
        print_signatures(signatures);
    free(signatures);
    bool written = !made || files_write_bytes(job->certificate, made, nmade);
    free(made);
    return bad ? EXIT_REFUSED : written ? EXIT_OK : EXIT_USAGE;
}

static int verify_files(struct job *job, char **paths, int n)
{
    int worst = EXIT_OK;
    job->out = job->form == FORM_JSON    ? json_array()
               : job->form == FORM_SARIF ? report_sarif()
                                         : NULL;
    for (int i = 0; i < n; i++) {
        int r = verify_file(paths[i], job);
        worst = r > worst ? r : worst;
    }
    if (job->out) {
        json_dumpf(job->out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(job->out);
    }
    return worst;
}

static int verify_run(const struct command *self, int argc, char **argv)
{
    static const char *const forms[] = {"text", "json", "sarif", NULL};
    struct job job = {.form = FORM_TEXT};
    bool list = false;
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        switch (c) {
        case 'f':
            job.form = opts_choice("--format", o.value, forms);
            if (job.form < 0)
                return EXIT_USAGE;
            break;
        case 'q':
            job.quiet = true;
            break;
        case 'e':
            job.explain = true;
            break;
        case OPT_LIST:
            list = true;
            break;
        case OPT_CERTIFICATE:
            job.certificate = o.value;
            break;
        case OPT_CHECK:
            job.check = o.value;
            break;
        case OPT_CODE:
            return explain_code(o.value);
        default:
            return o.status;
        }
    }
    if (list) {
        list_codes((enum form)job.form);
        return EXIT_OK;
    }
    if (o.first == argc) {
        complain("verify: no FILE given (see singula verify --help)");
        return EXIT_USAGE;
    }
    if ((job.certificate || job.check) && (o.first + 1 < argc || (job.certificate && job.check))) {
        complain("verify: --certificate and --check-certificate are for one file, and not both");
        return EXIT_USAGE;
    }
    if (!files_apart(job.certificate, argv[o.first]))
        return EXIT_USAGE;
    return verify_files(&job, argv + o.first, argc - o.first);
}

const struct command verify_command = {
    "verify",
    "[OPTIONS] FILE...",
    "Checks WebAssembly modules without running any of them.",
    options,
    "exit status: 0 all accepted, 1 one refused, 2 one could not be read or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula verify hello.wasm\n"
    "  singula verify --explain camera.wasm\n"
    "  singula verify --format=json *.wasm | jq '.[] | select(.accepted | not)'\n",
    verify_run,
};
