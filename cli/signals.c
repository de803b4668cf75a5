/* SIGINT and SIGTERM: the first one asks for an end, so that the work can be saved; a second one ends the process at once.
 *
 * They are caught also where a script's "&" has set SIGINT to be ignored: who sends it to a training run wants it saved and ended.
 * The one mutable variable of the program that is not in a struct: a signal handler has no other way to speak.
 * SPDX-License-Identifier: MIT */
#include <signal.h>
#include <unistd.h>

#include "app.h"

static volatile sig_atomic_t pending;

static void handle(int number)
{
    if (pending) {
        signal(number, SIG_DFL);
        raise(number); /* it is blocked here and strikes when this handler returns */
    }
    pending = number;
}

void signals_catch(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    const int        both[] = {SIGINT, SIGTERM};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < 2; i++) sigaction(both[i], &action, NULL);
}

int signals_pending(void)
{
    return pending;
}

void signals_end(int signal_number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    signal(signal_number, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(signal_number);
    _exit(128 + signal_number); /* not reached: the default action of both ends the process */
}
