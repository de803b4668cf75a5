/* On Linux the affinity mask, which nproc shows too: threads beyond it would only take turns, and wait for each other while they do. A
 * mask too large for cpu_set_t (1024 processors) is an error there, and elsewhere there is none: then every core that is on.
 *
 * SPDX-License-Identifier: MIT */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "base/cores.h"

#include <sched.h>
#include <unistd.h>

int ri_cores_available(void)
{
#ifdef CPU_COUNT
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof mine, &mine) == 0 && CPU_COUNT(&mine) > 0) return CPU_COUNT(&mine);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (int)n;
}
