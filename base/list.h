/* Intrusive doubly linked lists. A head is a node linked to itself; a node that is on no list is
 * linked to itself too, so list_remove() may be called on it. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *n) { n->next = n->prev = n; }
static inline bool list_empty(const struct list *n) { return n->next == n; }

static inline void list_insert_before(struct list *pos, struct list *n)
{
    n->prev = pos->prev;
    n->next = pos;
    pos->prev->next = n;
    pos->prev = n;
}

/* At the tail of the list with that head. n must be on no list. */
static inline void list_push(struct list *head, struct list *n) { list_insert_before(head, n); }

static inline void list_remove(struct list *n)
{
    n->prev->next = n->next;
    n->next->prev = n->prev;
    list_init(n);
}

/* The first node taken off, or NULL. */
static inline struct list *list_pop(struct list *head)
{
    struct list *n = head->next;
    if (n == head)
        return NULL;
    list_remove(n);
    return n;
}

#endif
