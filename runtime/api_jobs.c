/* Compiling while SIPs run: what the engine asks for that begins in the interpreter.
 *
 * Its own threads make what is run as soon as it is there: of a large module, code that is compiled
 * fast. A job is a thread that makes the better code of such a module, for the cache: the next run
 * has it. Both wait before they begin, so that short programs cost nothing, and give up when their
 * module is no longer wanted.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "runtime/api_int.h"

enum {
    BEGIN_AFTER_US = 50000,
    LOOK_EVERY_US = 500, /* whether somebody still waits */
    IMPROVE_AFTER_S = 1,
    LARGE_MODULE = 64 << 10, /* takes more than half a second at the full level */
    IMPROVE_NICE = 10,
};

/* In the list from before its thread begins until the worker has joined it. */
struct code_job {
    struct list in_jobs;
    struct code_jobs *jobs;
    const struct verified_module *module;
    enum memory_mode mode;
    bool watched;
    pthread_t thread;
    _Atomic bool stop;
};

void api_jobs_open(struct code_jobs *jobs, struct supply *supply, enum image_opt opt)
{
    check(pthread_mutex_init(&jobs->lock, NULL) == 0);
    check(pthread_cond_init(&jobs->stopped, NULL) == 0);
    list_init(&jobs->all);
    jobs->supply = supply;
    jobs->opt = opt;
}

void api_jobs_close(struct code_jobs *jobs)
{
    check(list_empty(&jobs->all));
    pthread_cond_destroy(&jobs->stopped);
    pthread_mutex_destroy(&jobs->lock);
}

static enum status compile(struct code_jobs *jobs, const struct verified_module *m,
                           enum memory_mode mode, enum image_opt opt, bool watched,
                           const _Atomic bool *stop, struct image_bytes *out, struct diag *why)
{
    atomic_fetch_add(&jobs->compiling, 1);
    enum status st = supply_get(jobs->supply, m, mode, opt, watched, stop, out, why);
    atomic_fetch_sub(&jobs->compiling, 1);
    return st;
}

/* ---- better code for the next time ---- */

/* Lets some time pass; false if the job has been stopped. */
static bool wait_to_improve(struct code_job *j)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += IMPROVE_AFTER_S;
    pthread_mutex_lock(&j->jobs->lock);
    while (!j->stop && pthread_cond_timedwait(&j->jobs->stopped, &j->jobs->lock, &end) == 0)
        ;
    pthread_mutex_unlock(&j->jobs->lock);
    return !j->stop;
}

static void *improve(void *arg)
{
    struct code_job *j = arg;
    struct image_bytes b;
    struct diag why;
    diag_clear(&why);
    (void)setpriority(PRIO_PROCESS, 0, IMPROVE_NICE); /* of this thread, and those it makes */
    if (wait_to_improve(j) &&
        compile(j->jobs, j->module, j->mode, IMAGE_FULL, j->watched, &j->stop, &b, &why) == OK)
        free(b.bytes);
    return NULL;
}

static void remove_job(struct code_jobs *jobs, struct code_job *j)
{
    pthread_mutex_lock(&jobs->lock);
    list_remove(&j->in_jobs);
    pthread_mutex_unlock(&jobs->lock);
    free(j);
}

static void begin_improving(struct code_jobs *jobs, const struct verified_module *m,
                            enum memory_mode mode, bool watched)
{
    sigset_t all, before;
    struct code_job *j = jobs->supply->cache.path ? calloc(1, sizeof *j) : NULL;
    if (!j)
        return;
    j->jobs = jobs;
    j->module = m;
    j->mode = mode;
    j->watched = watched;
    pthread_mutex_lock(&jobs->lock);
    list_push(&jobs->all, &j->in_jobs);
    pthread_mutex_unlock(&jobs->lock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the threads of the program */
    bool made = pthread_create(&j->thread, NULL, improve, j) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!made)
        remove_job(jobs, j);
}

void api_jobs_forget(struct code_jobs *jobs, const struct verified_module *m, enum memory_mode mode)
{
    for (;;) {
        struct code_job *j = NULL;
        pthread_mutex_lock(&jobs->lock);
        for (struct list *i = jobs->all.next; i != &jobs->all && !j; i = i->next) {
            struct code_job *k = container_of(i, struct code_job, in_jobs);
            if (k->module == m && k->mode == mode)
                j = k;
        }
        if (j)
            j->stop = true;
        pthread_cond_broadcast(&jobs->stopped);
        pthread_mutex_unlock(&jobs->lock);
        if (!j)
            return;
        pthread_join(j->thread, NULL);
        remove_job(jobs, j);
    }
}

/* ---- code for this time ---- */

bool api_jobs_find(struct code_jobs *jobs, const struct verified_module *m, enum memory_mode mode,
                   bool watched, const uint8_t **image)
{
    struct image_bytes b;
    bool found = supply_find(jobs->supply, m, mode, jobs->opt, watched, &b);
    if (!found && jobs->opt != IMAGE_FAST &&
        supply_find(jobs->supply, m, mode, IMAGE_FAST, watched, &b)) {
        found = true;
        begin_improving(jobs, m, mode, watched);
    }
    if (found)
        *image = b.bytes;
    return found;
}

/* Lets some time pass; false if nobody waits any more. */
static bool wait_to_begin(const _Atomic bool *stop)
{
    const struct timespec some = {.tv_nsec = LOOK_EVERY_US * 1000};
    for (int us = 0; us < BEGIN_AFTER_US && !atomic_load(stop); us += LOOK_EVERY_US)
        nanosleep(&some, NULL);
    return !atomic_load(stop);
}

enum status api_jobs_get(struct code_jobs *jobs, const struct verified_module *m,
                         enum memory_mode mode, bool watched, const _Atomic bool *stop,
                         const uint8_t **image, struct diag *why)
{
    struct image_bytes b;
    enum image_opt opt = verified_view(m)->nbytes > LARGE_MODULE ? IMAGE_FAST : jobs->opt;
    if (!wait_to_begin(stop))
        return E_UNFINISHED;
    enum status st = compile(jobs, m, mode, opt, watched, stop, &b, why);
    if (st != OK)
        return st;
    if (opt != jobs->opt && !atomic_load(stop))
        begin_improving(jobs, m, mode, watched);
    *image = b.bytes;
    return OK;
}
