/* How many cores this process may use.
 * SPDX-License-Identifier: MIT */
#ifndef RI_CORES_H
#define RI_CORES_H

/* Return the number of cores, at least 1: those that taskset, a container or a batch system has left, where the system says. */
int ri_cores_available(void);

#endif
