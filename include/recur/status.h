/* Status codes, the export macro and the version: what every other header needs.
 * SPDX-License-Identifier: MIT */
#ifndef RECUR_STATUS_H
#define RECUR_STATUS_H

#if defined(__GNUC__) && defined(RECUR_BUILDING)
#define RECUR_API __attribute__((visibility("default")))
#else
#define RECUR_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define RECUR_VERSION_MAJOR 0
#define RECUR_VERSION_MINOR 1
#define RECUR_VERSION_PATCH 0
#define RECUR_VERSION "0.1.0"

/* What a function says of its outcome. The program uses the same numbers as exit codes.
 * The sentence that belongs to the last failure is recur_error(ctx). */
typedef enum recur_status {
    RECUR_OK = 0,
    RECUR_EINTERNAL = 1, /* a promise inside the library was broken: a bug */
    RECUR_EARG = 2,      /* the caller asked for something that cannot be */
    RECUR_EDATA = 3,     /* the data are not what they should be */
    RECUR_EMODEL = 4,    /* the model file is not what it should be */
    RECUR_EIO = 5,       /* reading or writing failed */
    RECUR_EMEMORY = 6,   /* no memory */
    RECUR_EDIVERGED = 7, /* a loss or a gradient is not finite */
    RECUR_EMISMATCH = 8, /* the checkpoint belongs to another run, model or data */
    RECUR_EFOUND = 9,    /* a check that was asked for found something */
    RECUR_STOPPED = 10   /* the caller's callback asked to stop; everything is saved */
} recur_status;

/* Return the name of a status, "RECUR_EDATA" for RECUR_EDATA. Never NULL. */
RECUR_API const char *recur_status_name(recur_status status);

/* Return the version of the library that runs, as "major.minor.patch". */
RECUR_API const char *recur_version(void);

#ifdef __cplusplus
}
#endif
#endif
