/* Memory for the program itself: who cannot get any has nothing left to do.
 * SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recur/status.h"

void memory_is_out(void)
{
    fputs("recur: no memory\n", stderr);
    exit(RECUR_EMEMORY);
}

void *need_more(void *p, size_t n, size_t size)
{
    void *more = n > SIZE_MAX / size ? NULL : realloc(p, n * size > 0 ? n * size : 1);
    if (!more) memory_is_out();
    return more;
}

void *need_memory(size_t n, size_t size)
{
    void *p = need_more(NULL, n, size);
    return memset(p, 0, n * size);
}

char *need_copy(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(need_memory(n, 1), text, n);
}
