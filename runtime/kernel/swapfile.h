/* A file for pages that are not wanted in memory for now.
 *
 * The file has no name and ends with the runtime. Its pages are handed out in runs whose sizes are
 * powers of two; what is not written of a run takes no room in the file system.
 */
#ifndef RUNTIME_KERNEL_SWAPFILE_H
#define RUNTIME_KERNEL_SWAPFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define SWAPFILE_NONE UINT32_MAX

struct swapfile;

/* In `folder`, for at most max_bytes (0: 64 GiB). E_IO: no file can be made there, says why;
 * E_NOMEM. */
must_check enum status swapfile_open(const char *folder, uint64_t max_bytes, struct swapfile **out,
                                     struct diag *why);
/* NULL is accepted. */
void swapfile_close(struct swapfile *f);
/* The first of n > 0 pages in a row, or SWAPFILE_NONE: full. Any thread, as swapfile_give(). */
uint32_t swapfile_take(struct swapfile *f, uint32_t npages);
void swapfile_give(struct swapfile *f, uint32_t first, uint32_t npages);
/* Pages `first` .. first + npages - 1 to memory; may wait for the device. False: it failed. */
must_check bool swapfile_read(struct swapfile *f, uint32_t first, void *to, uint32_t npages);
/* For reading and writing by others (aio.h); page n begins at byte n << PAGE_SHIFT. */
int swapfile_fd(const struct swapfile *f);

#endif
