/* A run that is killed with SIGKILL at random moments, again and again, and still ends in the same bits.
 * SPDX-License-Identifier: MIT */
#ifndef KILL_H
#define KILL_H

#include "train/plans.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* The plans' first with many steps, and a checkpoint after every one of them, so that most kills fall into a save. */
static inline plan kill_plan(void)
{
    plan p = plans[0];
    p.opts.epochs = 4;
    p.opts.patience = 0;
    p.opts.save_every_seconds = 1e-9;
    return p;
}

/* Start a process that trains in dir, going on with what is there. It leaves with the status as its exit code. */
static inline pid_t kill_start(const plan *p, const char *dir)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit((int)plan_train(p, dir, true, NULL, NULL, NULL));
    return child;
}

static inline double kill_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Wait for a child; returns whether it ended by itself, which must then be well. */
static inline bool kill_reap(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGKILL);
        return false;
    }
    assert_int_equal(WEXITSTATUS(status), RECUR_OK);
    return true;
}

/* Kill n times, at moments drawn over the length of a whole run; compare every run that is brought to its end. */
static inline void kill_many(int n)
{
    plan p = kill_plan();
    char whole[TINY_PATH], dir[TINY_PATH];
    tiny_directory(whole);
    double begin = kill_clock();
    assert_true(kill_reap(kill_start(&p, whole)));
    double length = kill_clock() - begin;

    int n_kills = 0, n_ends = 0;
    for (uint32_t i = 0; n_kills < n || n_ends == 0; i++) {
        tiny_directory(dir);
        for (bool ended = false; !ended; i++) {
            pid_t child = kill_start(&p, dir);
            if (n_kills < n) {
                double          delay = length * ri_philox((ri_block){{i}}, 5).word[0] / 4294967296.0 / 2;
                struct timespec pause = {(time_t)delay, (long)(1e9 * (delay - floor(delay)))};
                nanosleep(&pause, NULL);
                kill(child, SIGKILL);
            }
            ended = kill_reap(child);
            n_kills += !ended;
        }
        tiny_assert_same_run(whole, dir);
        n_ends++;
        tiny_remove(dir);
    }
    tiny_remove(whole);
}

#endif
