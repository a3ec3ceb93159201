/* Apart from top.c: the macros of term.h have the names of half its variables. */
#include "cli/live.h"

#include <curses.h>
#include <term.h> /* after curses.h */
#include <unistd.h>

bool terminal_is_known(void)
{
    int err;
    if (setupterm(NULL, STDOUT_FILENO, &err) != 0)
        return false;
    (void)del_curterm(cur_term);
    return true;
}
