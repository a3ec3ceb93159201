/* Asks for a line on standard output and for the folder NAME, and ends without waiting for either.
 * usage: last NAME */
#include <string.h>

#include <singula/console.h>
#include <singula/file.h>

static const char words[] = "last words\n";

static Bytes bytes_of(const char *s)
{
    uint32_t n = (uint32_t)strlen(s);
    Bytes b = Bytes_new(n);
    Bytes_data_write(b, 0, s, n);
    return b;
}

static void say(void)
{
    Console_imp c = Console_imp_connect("console", 7);
    if (singula_is_null(c))
        return;
    Console_imp_send_Write(c, sizeof words - 1, bytes_of(words));
    Console_imp_abandon(c);
}

static void make(const char *name)
{
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return;
    File_imp_send_MakeDirectory(f, bytes_of(name));
    File_imp_abandon(f);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        say();
        make(argv[1]);
    }
    return 0;
}
