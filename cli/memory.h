/* Memory for the program itself, which ends with exit code 6 where there is none.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_MEMORY_H
#define CLI_MEMORY_H

#include <stddef.h>
#include <stdnoreturn.h>

noreturn void memory_is_out(void); /* say so and end */

void *need_memory(size_t n, size_t size); /* n elements of that size, set to zero */
void *need_more(void *p, size_t n, size_t size);
char *need_copy(const char *text);

#endif
