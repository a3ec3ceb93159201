/* What inspect.c shares with inspect_import.c. */
#ifndef RUNTIME_INSPECT_INT_H
#define RUNTIME_INSPECT_INT_H

#include "base/strbuf.h"
#include "verifier/verified.h"

/* What an import gives the module, in one line for people: the operation of a singula/ module with
 * its types, or who answers it. */
void inspect_import_meaning(const struct vimport *imp, struct strbuf *out);

#endif
