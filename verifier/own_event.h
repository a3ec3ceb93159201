/* Events: what happened to a reference and where, for the notes of a refusal.
 *
 * Every resource, and every value that is no longer one, knows its last event, and each event the
 * one before it. Events are recorded only while a module that was refused is analysed a second
 * time, so accepted modules pay nothing; otherwise every number is 0, "not known". No verdict may
 * depend on an event.
 */
#ifndef VERIFIER_OWN_EVENT_H
#define VERIFIER_OWN_EVENT_H

#include "verifier/own_state.h"

struct own_run;
struct own_ctx;
struct xop;

enum own_event_kind {
    EV_NONE,
    EV_CREATED,
    EV_PARAM,   /* passed in by the caller: place and history are the caller's */
    EV_FOREIGN, /* a reference of unknown origin */
    EV_MOVED,
    EV_FREED,
    EV_CLOSED,
    EV_CALLEE, /* given away by a call */
    EV_SENT,   /* an endpoint's steps through its contract */
    EV_RECEIVED,
    EV_TESTED, /* a branch told more about it */
    EV_MET,    /* two different things in one value */
    EV_JOINED, /* one thing, with different histories on two paths */
};

struct own_event {
    uint8_t kind;
    uint8_t res_kind, role; /* of the resource, as in struct own_res */
    uint32_t type;
    uint32_t func, at;    /* where: function and body offset */
    const struct xop *op; /* or NULL */
    uint32_t callee;      /* the function called, or 0; EV_SENT, EV_RECEIVED: the message */
    uint32_t before;      /* of the same resource; EV_MET, EV_JOINED: of the one side */
    uint32_t
        other; /* EV_MET, EV_JOINED: of the other; EV_CREATED, EV_CALLEE by a call: in the callee */
    uint64_t from, to; /* steps: contract states; EV_TESTED: 1 if it was the tag, and what is left;
                          EV_MET: the sides' enum own_kind */
};

uint32_t own_event(struct own_run *r, enum own_event_kind kind, uint32_t callee);
/* The next event of resource `res`. */
uint32_t own_event_of(struct own_run *r, enum own_event_kind kind, uint32_t callee,
                      const struct own_res *res);
/* A message takes endpoint `res` from its states to `next`. */
uint32_t own_event_step(struct own_run *r, const struct own_res *res, uint64_t next,
                        uint32_t message, bool send);
/* Says where a callee created or consumed what event `e` of the call is about. */
void own_event_in_callee(struct own_run *r, uint32_t e, uint32_t other);
/* Value x of one state and y of another become one that is neither. */
uint32_t own_event_met(struct own_run *r, const struct own_state *sx, const struct own_value *x,
                       const struct own_state *sy, const struct own_value *y);
/* After x and y were joined: what each value that is unusable now was on either side, and which
 * histories resources have. */
void own_event_joined(struct own_run *r, struct own_state *joined, const struct own_state *x,
                      const struct own_state *y);
/* After the current state was refined by a test; `before` is a copy from before. */
void own_event_tested(struct own_run *r, const struct own_state *before);

/* ---- notes on the failure that was just recorded ---- */

/* The place of an event; event 0: none. `side` ("on one path") begins the note, or is NULL. */
void own_note(struct own_run *r, uint32_t event);
void own_note_side(struct own_run *r, const char *side, uint32_t event);
/* Where the resource with this history came from. */
void own_note_origin(struct own_run *r, uint32_t event);
/* ... and its latest steps through its contract and tests, oldest first. Of paths that met, one is
 * shown that leads into one of the states `wrong` (0: any), and one that does not. */
void own_note_path(struct own_run *r, uint32_t event, uint64_t wrong);
/* The two sides of an EV_MET. */
void own_note_sides(struct own_run *r, uint32_t met);
/* The event that took away the resource with this history, if it was seen; else 0. */
uint32_t own_event_end(const struct own_ctx *c, uint32_t history);

/* Where the resource with this history was made; where this function got it: that, or the call that
 * passed it in. */
uint32_t own_event_origin(const struct own_ctx *c, uint32_t history);
uint32_t own_event_source(const struct own_run *r, uint32_t history);

/* "sent", "freed": what an event that takes a reference did. */
const char *own_event_past(const struct own_event *e);

#endif
