/* Names of statuses, and the version.
 *
 * SPDX-License-Identifier: MIT */
#include "recur/status.h"

const char *recur_status_name(recur_status status)
{
    switch (status) {
    case RECUR_OK:
        return "RECUR_OK";
    case RECUR_EINTERNAL:
        return "RECUR_EINTERNAL";
    case RECUR_EARG:
        return "RECUR_EARG";
    case RECUR_EDATA:
        return "RECUR_EDATA";
    case RECUR_EMODEL:
        return "RECUR_EMODEL";
    case RECUR_EIO:
        return "RECUR_EIO";
    case RECUR_EMEMORY:
        return "RECUR_EMEMORY";
    case RECUR_EDIVERGED:
        return "RECUR_EDIVERGED";
    case RECUR_EMISMATCH:
        return "RECUR_EMISMATCH";
    case RECUR_EFOUND:
        return "RECUR_EFOUND";
    case RECUR_STOPPED:
        return "RECUR_STOPPED";
    }
    return "RECUR_UNKNOWN";
}

const char *recur_version(void)
{
    return RECUR_VERSION;
}
