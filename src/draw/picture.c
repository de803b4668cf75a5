/* Pictures as objects: they keep the bytes until somebody saves them, or puts them into a page.
 * SPDX-License-Identifier: MIT */
#include "draw/picture.h"

#include "io/atomic.h"

recur_status ri_picture_create(recur_ctx *ctx, ri_svg *svg, recur_picture **picture)
{
    recur_picture *made = NULL;
    *picture = NULL;
    ri_svg_end(svg);
    ri_markup_bytes(&svg->out, "", 1);
    if (!svg->out.has_failed) made = ri_allocate(&ctx->allocator, 1, sizeof *made);
    if (!made) {
        ri_svg_free(svg);
        return ri_no_memory(ctx, "a picture");
    }
    *made = (recur_picture){ctx, *svg};
    *picture = made;
    return RECUR_OK;
}

void recur_picture_destroy(recur_picture *picture)
{
    if (!picture) return;
    ri_svg_free(&picture->svg);
    ri_release(&picture->ctx->allocator, picture);
}

const char *recur_picture_svg(const recur_picture *picture, size_t *size)
{
    if (size) *size = picture ? picture->svg.out.size - 1 : 0;
    return picture ? picture->svg.out.bytes : NULL;
}

recur_status recur_picture_save(const recur_picture *picture, const char *path)
{
    if (!picture) return RECUR_EARG;
    if (!path) return RI_FAIL(picture->ctx, RECUR_EARG, "a picture is saved to a path, found none");
    ri_chunk chunk = {0};
    chunk.bytes = recur_picture_svg(picture, &chunk.size);
    return ri_atomic_write(path, &chunk, 1, ri_ctx_error(picture->ctx));
}
