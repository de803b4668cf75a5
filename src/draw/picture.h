/* A picture that is finished: what the drawing functions give out.
 * SPDX-License-Identifier: MIT */
#ifndef RI_PICTURE_H
#define RI_PICTURE_H

#include "dev/ctx.h"
#include "draw/svg.h"
#include "recur/picture.h"

struct recur_picture {
    recur_ctx *ctx;
    ri_svg     svg; /* ended, with a NUL behind its bytes */
};

/* End a drawing and make a picture of it, which takes its bytes; they are freed where it fails. Errors: RECUR_EMEMORY. */
recur_status ri_picture_create(recur_ctx *ctx, ri_svg *svg, recur_picture **picture);

#endif
