/* What is said on stderr while work goes on: a bar on a terminal, plain lines elsewhere.
 *
 *   [===========>                  ]  38 %   epoch 4   loss 1.8123   41.2k tokens/s   1m 20s left
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "app.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

void progress_open(app *a)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    a->bar = (progress){0};
    a->bar.is_terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    a->bar.has_color = !no_color || !*no_color;
}

void progress_begin(app *a)
{
    if (a->bar.part > 0) return;
    a->bar.began = now();
    a->bar.drawn = 0;
    a->bar.first = -1;
}

double progress_share(const app *a, double share)
{
    return a->bar.part > 0 ? a->bar.from + a->bar.part * share : share;
}

double progress_seconds(const app *a)
{
    return now() - a->bar.began;
}

const char *progress_time(double seconds, char text[32])
{
    long s = lrint(fmin(fmax(seconds, 0), 1e8));
    if (s < 60)
        snprintf(text, 32, "%lds", s);
    else if (s < 3600)
        snprintf(text, 32, "%ldm %02lds", s / 60, s % 60);
    else
        snprintf(text, 32, "%ldh %02ldm", s / 3600, s / 60 % 60);
    return text;
}

const char *progress_loss(double loss, char text[32])
{
    snprintf(text, 32, fabs(loss) < 1e5 ? "%.4f" : "%.4g", loss);
    return text;
}

static void rate_says(double rate, char text[32])
{
    if (rate >= 1e6)
        snprintf(text, 32, "%.2fM tokens/s", rate / 1e6);
    else if (rate >= 1e3)
        snprintf(text, 32, "%.1fk tokens/s", rate / 1e3);
    else
        snprintf(text, 32, "%.0f tokens/s", rate);
}

/* What stands behind the bar; parts that are not known yet are left out. */
static void describe(app *a, double share, double time, const recur_report *last, char *text, size_t size)
{
    char   part[32];
    size_t n = (size_t)snprintf(text, size, " %3.0f %%", 100 * share);
    if (last && last->epoch > 0)
        n += (size_t)snprintf(text + n, size - n, "   epoch %lld", (long long)last->epoch);
    if (last && isfinite(last->loss))
        n += (size_t)snprintf(text + n, size - n, "   loss %s", progress_loss(last->loss, part));
    if (last && last->items_per_s > 0) {
        rate_says(last->items_per_s, part);
        n += (size_t)snprintf(text + n, size - n, "   %s", part);
    }
    double done = share - a->bar.first, elapsed = time - a->bar.began;
    if (done > 0 && elapsed > 0.5)
        snprintf(text + n, size - n, "   %s left", progress_time(elapsed * (1 - share) / done, part));
}

void progress_draw(app *a, double share, const recur_report *last)
{
    if (a->quiet || !a->bar.is_terminal) return;
    double time = now();
    if (!(share >= 0)) share = 0;
    share = progress_share(a, share > 1 ? 1 : share);
    if (a->bar.first < 0) a->bar.first = share;
    if (time - a->bar.drawn < 0.1) return;
    a->bar.drawn = time;

    char text[160], bar[64];
    int  width = columns() - 1, room;
    describe(a, share, time, last, text, sizeof text);
    room = width - (int)strlen(text) - 2;
    if (room > 32) room = 32;
    if (room < 4) room = 0; /* a narrow terminal: the figures are worth more */
    int filled = (int)(share * room);
    for (int i = 0; i < room; i++) bar[i] = (char)(i < filled ? '=' : i == filled ? '>' : ' ');
    bar[room] = '\0';
    bool color = a->bar.has_color;
    if (room)
        fprintf(stderr, "\r\033[K[%s%s%s]%.*s", color ? "\033[32m" : "", bar, color ? "\033[0m" : "", width,
                text);
    else
        fprintf(stderr, "\r\033[K%.*s", width, text);
    fflush(stderr);
    a->bar.is_drawn = true;
}

void progress_clear(app *a)
{
    if (!a->bar.is_drawn) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    a->bar.is_drawn = false;
}

void progress_say(app *a, const char *format, ...)
{
    if (a->quiet) return;
    va_list args;
    progress_clear(a);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}
