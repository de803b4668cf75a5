/* What the pictures of the benchmark share.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PICTURE_H
#define RI_PICTURE_H

#include "dev/ctx.h"
#include "io/svg.h"

/* End a picture, save it and free it. Errors: RECUR_EMEMORY, RECUR_EIO. */
recur_status ri_picture_save(recur_ctx *ctx, ri_svg *svg, const char *path);

#endif
