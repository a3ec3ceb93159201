/* SQLite as a guest: runs the SQL on its standard input against a database in memory and prints the
 * rows, columns separated by `|`. Exit status 1 if a statement fails.
 *
 * SQLite is built with SQLITE_OS_OTHER: this file gives it the little of a system that a database
 * in memory needs. A file is never opened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

/* ---- the system ---- */

static int no_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags, (void)out;
    file->pMethods = NULL;
    return SQLITE_CANTOPEN;
}

static int no_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_IOERR_DELETE;
}

static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs, (void)name, (void)flags;
    *out = 0;
    return SQLITE_OK;
}

static int same_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

/* The same at every run: what is printed can be compared. */
static int randomness(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    memset(out, 7, (size_t)n);
    return n;
}

static int no_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int julian_day(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = (double)time(NULL) / 86400.0 + 2440587.5;
    return SQLITE_OK;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(sqlite3_file),
        .mxPathname = 256,
        .zName = "none",
        .xOpen = no_file,
        .xDelete = no_delete,
        .xAccess = no_access,
        .xFullPathname = same_name,
        .xRandomness = randomness,
        .xSleep = no_sleep,
        .xCurrentTime = julian_day,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}

/* ---- the program ---- */

static char *read_all(FILE *f)
{
    size_t n = 0, cap = 1 << 16;
    char *text = malloc(cap);
    while (text) {
        n += fread(text + n, 1, cap - n - 1, f);
        if (n + 1 < cap)
            break;
        char *more = realloc(text, cap *= 2);
        if (!more)
            free(text);
        text = more;
    }
    if (text)
        text[n] = 0;
    return text;
}

static int print_row(void *ctx, int n, char **values, char **names)
{
    (void)ctx, (void)names;
    for (int i = 0; i < n; i++)
        printf("%s%s", i ? "|" : "", values[i] ? values[i] : "");
    putchar('\n');
    return 0;
}

int main(void)
{
    sqlite3 *db;
    char *error = NULL, *sql = read_all(stdin);
    if (!sql || sqlite3_open(":memory:", &db) != SQLITE_OK) {
        fprintf(stderr, "sqlite: cannot begin\n");
        return 1;
    }
    int status = sqlite3_exec(db, sql, print_row, NULL, &error);
    if (status != SQLITE_OK)
        fprintf(stderr, "sqlite: %s\n", error ? error : sqlite3_errstr(status));
    sqlite3_free(error);
    sqlite3_close(db);
    free(sql);
    return status != SQLITE_OK;
}
