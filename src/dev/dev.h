/* A backend: coarse operations over buffers. Layers, tape and models call these and never touch an element.
 *
 * Buffers are void pointers to elements of the context's type; ri_at steps through them. Every operation computes each output as one chain of
 * additions in a fixed order and divides work over outputs only, so that results do not depend on the number of threads. None of them fails.
 * SPDX-License-Identifier: MIT */
#ifndef RI_DEV_H
#define RI_DEV_H

#include <stdbool.h>
#include <stdint.h>

#include "dev/ctx.h"
#include "kern/kern.h"
#include "recur/rnn.h"
#include "recur/train.h"

/* Rows of a matrix: dense [n,width] with a stride, or one-hot rows given by their ids. */
typedef struct ri_rows {
    const void    *x;
    const int32_t *ids;   /* not NULL: one-hot */
    const int32_t *by_id; /* one-hot: the rows in the order of their ids, equal ids in the order of rows */
    int64_t        n, width, stride;
} ri_rows;

/* Which rows belong to which step: those of step t are offset[t] .. offset[t+1]-1, fewer and fewer. */
typedef struct ri_steps {
    int64_t        T, B;
    const int64_t *offset; /* [T+1] */
} ri_steps;

/* A matrix and how its panels are cut: a plain one by outputs, one that feeds gates so that all gates of a unit lie together. */
typedef enum ri_matrix_kind { RI_PLAIN = 0, RI_GATES_X, RI_GATES_H } ri_matrix_kind;

typedef struct ri_matrix {
    ri_matrix_kind kind;
    recur_cell     cell; /* of gates */
    bool           reset_before;
    int64_t        rows, cols;
} ri_matrix;

/* The weights of one layer in one direction, as values and as panels: packed for products x W^T, and, for backward, for dy W. */
typedef struct ri_rnn_weights {
    recur_cell  cell;
    bool        reset_before;
    int64_t     I, H, P, G;                     /* P = H without projection; G gates: 1, 4 or 3 */
    const void *b_ih, *b_hh;                    /* [G*H] or NULL */
    const void *panel_ih, *panel_hh, *panel_hr; /* of [G*H,I], [G*H,P], [P,H] or NULL */
    const void *back_ih, *back_hh, *back_hr;    /* backward only */
} ri_rnn_weights;

/* Gradients of the same, to be added to; NULL members as above. */
typedef struct ri_rnn_grads {
    void *w_ih, *w_hh, *w_hr, *b_ih, *b_hh;
} ri_rnn_grads;

/* One layer in one direction over one pack: where forward reads and writes, and what backward finds.
 *
 * gates is the backend's own: rnn_gates says how many elements it wants, rnn_trace reads it. Backward overwrites it with the
 * gradients of the pre-activations. */
typedef struct ri_rnn_pass {
    const ri_rnn_weights *w;
    ri_steps              steps;
    bool                  is_reverse;
    bool is_alone; /* forward stays on the calling thread, without lock or call of the system: a stream's */
    ri_rows x;
    bool is_kept; /* backward or a trace will follow; else gates, c and m have B rows that all steps share */
    const void *h0, *c0; /* [B,P], [B,H] in rank order */
    void       *gates;   /* [N,S*H] */
    void       *c;       /* LSTM [N,H] */
    void       *m;       /* LSTM with projection: o*tanh(c) [N,H]; else NULL */
    void       *h;       /* [N,P], rows h_stride apart */
    int64_t     h_stride;
    void       *h_final, *c_final; /* [B,P], [B,H] */
    /* backward */
    const void *dy; /* gradient of h from above [N,P], rows dy_stride apart; NULL: zero */
    int64_t     dy_stride;
    void       *dh, *dc; /* [B,P], [B,H]: gradient of the final state in, of the initial state out */
    void       *trace_dh,
        *trace_dc; /* [N,P], [N,H] or NULL: further gradient of the state at each step in, total out */
    void   *dx;    /* [N,I] added to, rows dx_stride apart; NULL: not wanted */
    int64_t dx_stride;
    void   *work;  /* [B,H] of work space for projections and for GRU with reset before */
    void   *dproj; /* with projection: receives the total gradient of h [N,P] */
} ri_rnn_pass;

/* y = x W^T + b and its backward. */
typedef struct ri_linear_pass {
    bool        is_alone; /* as above */
    ri_rows     x;
    int64_t     O;
    const void *panel, *back, *b; /* of W [O,I] for x W^T, and for dy W (backward only); [O] or NULL */
    void       *y;                /* [n,O] */
    const void *dy;
    void       *dx;      /* [n,I] added to, or NULL */
    void       *dw, *db; /* added to; db NULL without bias */
} ri_linear_pass;

/* Softmax cross-entropy over rows of logits; with a linear layer in front of it the logits exist only block by block. */
typedef struct ri_xent_pass {
    int64_t        n, V;
    const int32_t *targets;       /* [n], negative: ignored */
    double         scale;         /* every row's loss is multiplied by it */
    double         smoothing;     /* share of the target that is spread over all classes */
    const double  *class_weights; /* [V]; NULL: 1 each */
    double         weight_sum;    /* of these; V */
    const void    *logits;        /* [n,V] */
    void          *dlogits;       /* added to: scale * dloss * the row's gradient */
    double         dloss;
} ri_xent_pass;

/* The largest of each row of x W^T + b, found without all of them: a sketch of W, in whole numbers of one byte, says which can be it. */
typedef struct ri_best_pass {
    ri_rows     x; /* dense */
    int64_t     O;
    const void *sketch, *w, *b; /* w [O,I], b [O] or NULL */
    int32_t     never;          /* an output that is not asked for; -1: none */
    int32_t    *best;           /* [n]: of equal ones the first; -1: the sketch does not tell */
    int16_t    *whole;          /* [I], */
    int32_t    *dots;           /* [O] */
    void       *near;           /* and [I,RK_MAX_WIDTH] of work space */
} ri_best_pass;

/* Forward and, where dx is not NULL, the gradients for a loss of gradient 1 in the same walk over the blocks. */
typedef struct ri_linear_xent_pass {
    ri_linear_pass linear; /* y unused; dx, dw, db are SET, not added to */
    const int32_t *targets;
    double         scale, smoothing;
    void          *block;    /* [RI_XENT_BLOCK,O] of work space */
    double        *row_loss; /* [n] of work space */
} ri_linear_xent_pass;

enum { RI_XENT_BLOCK = 256 };

/* The sequences of a pack by the caller's numbers: step t < length[b] of b is row offset[t] + rank_of[b]. */
typedef struct ri_sequences {
    int64_t        B, N;
    const int64_t *length, *rank_of; /* [B] */
    const int64_t *offset;           /* [T+1] */
} ri_sequences;

/* The rows x [N,width] of each sequence into one row of y [B,width]; zeros where there are none. */
typedef struct ri_pool_pass {
    ri_sequences seq;
    int64_t      width;
    const void  *x;
    const void  *weights; /* sums: [N], by which rows are multiplied; NULL: the mean */
    int32_t     *from;    /* maxima: [B,width], the row that each came from, -1: none */
    void        *y;
    const void  *dy;
    void        *dx, *dweights; /* added to */
} ri_pool_pass;

/* Attention of M queries to the sequences of a memory, which lie one after the other: rows first[b] .. first[b+1]-1 of keys and values. */
typedef struct ri_attend_pass {
    int64_t        B, M, A, C, S;      /* S: columns of weights, the longest sequence */
    const int64_t *first;              /* [B+1] */
    const int32_t *sequence;           /* [M]: which one a query asks */
    const void    *queries;            /* [M,A] */
    const void    *keys, *values;      /* [N,A], [N,C] */
    const void    *v;                  /* [A]: score = v . tanh(query + key); NULL: query . key */
    void          *weights, *contexts; /* [M,S], zero beyond a sequence; [M,C] */
    /* backward */
    const int64_t *asked,
        *order; /* queries order[asked[b]] .. order[asked[b+1]-1] ask sequence b, ascending */
    const void *dweights, *dcontexts;            /* gradients of the same */
    void       *dqueries, *dkeys, *dvalues, *dv; /* added to; dv NULL without v */
    void       *dscores, *dv_parts;              /* [M,S], [B,A] of work space */
} ri_attend_pass;

/* A linear-chain conditional random field over K tags. */
typedef struct ri_crf_pass {
    ri_sequences   seq;
    int64_t        K;
    const void    *transitions, *start, *end; /* [K,K] from and to, [K], [K] */
    const bool    *allowed;                   /* [K,K], then [K] for starts and [K] for ends; NULL: all */
    const void    *emissions;                 /* [N,K] */
    const int32_t *tags;                      /* [N]; NULL: none are given */
    double        *tables; /* [RI_CRF_TABLES(K)] of work space, filled by forward and by decode */
    double        *kept;   /* [3,N,K] forward to backward; decode wants [N,K] */
    double        *log_z;  /* [B] log of the sum over all tag sequences */
    double        *loss;   /* [B] this, less the score of the given tags */
    /* backward */
    double         coef;  /* all gradients are multiplied by it */
    double        *parts; /* [n_parts,RI_CRF_PART(K)] of work space */
    int64_t        n_parts;
    void          *demissions;                   /* added to; without tags the marginals, times coef */
    void          *dtransitions, *dstart, *dend; /* added to; NULL: not wanted */
} ri_crf_pass;

#define RI_CRF_TABLES(K) (3 * (K) * (K) + 3 * (K))
#define RI_CRF_PART(K) ((K) * (K) + 4 * (K))

/* One update of a block of n parameters. */
typedef struct ri_update {
    rk_update rule;
    int64_t   n;
    void     *w, *g, *m,
        *v; /* m: first moment or momentum; v: second moment. NULL where the optimiser has none. g is cleared */
} ri_update;

/* Where dropout gets its numbers: element (row r, column j) of sequence seq[r] at step t[r]. */
typedef struct ri_noise {
    uint64_t       seed, step;
    uint32_t       place;    /* which operation and layer */
    const int32_t *sequence; /* [n] */
    const int32_t *time;     /* [n] */
} ri_noise;

struct ri_dev {
    size_t element_bytes;

    /* memory */
    void (*fill)(recur_ctx *, int64_t n, double value, void *y);
    void (*copy)(recur_ctx *, int64_t n, const void *x, void *y);
    void (*read)(recur_ctx *, int64_t n, const void *x, double *out);
    void (*write)(recur_ctx *, int64_t n, const double *in, void *y);
    void (*read_f32)(recur_ctx *, int64_t n, const void *x, float *out);
    void (*write_f32)(recur_ctx *, int64_t n, const float *in, void *y);
    bool (*is_finite)(recur_ctx *, int64_t n, const void *x);

    /* vectors; sums are double, in fixed pieces */
    void (*axpy)(recur_ctx *, int64_t n, double a, const void *x, void *y);          /* y += a x */
    void (*multiply)(recur_ctx *, int64_t n, const void *a, const void *b, void *y); /* y = a b */
    void (*multiply_add)(recur_ctx *, int64_t n, const void *a, const void *b, double s,
                         void *y); /* y += s a b */
    void (*tanh_forward)(recur_ctx *, int64_t n, const void *x, void *y);
    void (*tanh_backward)(recur_ctx *, int64_t n, const void *y, const void *dy,
                          void *dx);                                                 /* dx += dy (1-y^2) */
    void (*subtract)(recur_ctx *, int64_t n, const void *a, const void *b, void *y); /* y = a - b */
    double (*sum)(recur_ctx *, int64_t n, const void *x);
    double (*dot)(recur_ctx *, int64_t n, const void *a, const void *b);

    /* rows: dst row i = src row index[i] (index NULL: i; negative: dst row becomes zero) */
    void (*gather_rows)(recur_ctx *, int64_t n, int64_t width, const int64_t *index, const void *src,
                        int64_t src_stride, void *dst, int64_t dst_stride);
    /* dst row index[i] += src row i; indexes are different from each other (negative: skipped; NULL: i) */
    void (*scatter_add_rows)(recur_ctx *, int64_t n, int64_t width, const int64_t *index, const void *src,
                             int64_t src_stride, void *dst, int64_t dst_stride);
    /* table row ids[i] += src row i, ids may repeat; in the order of i */
    void (*embed_backward)(recur_ctx *, int64_t n, int64_t width, const int32_t *ids, const void *src,
                           void *table);
    void (*embed_forward)(recur_ctx *, int64_t n, int64_t width, const int32_t *ids, const void *table,
                          void *dst);
    /* mask[i] = 0 or 1/(1-p) */
    void (*dropout_mask)(recur_ctx *, int64_t n, int64_t width, double p, const ri_noise *noise, void *mask);

    /* layers */
    /* a matrix packed for products with its transpose (forward) or with itself (back) */
    size_t (*panel_bytes)(const recur_ctx *, const ri_matrix *, bool is_back);
    void (*panel_fill)(recur_ctx *, const ri_matrix *, bool is_back, const void *w, void *panel);
    /* elements of ri_rnn_pass.gates over these steps */
    int64_t (*rnn_gates)(const recur_ctx *, recur_cell, int64_t H, const ri_steps *, bool is_kept);
    /* gates [N,G*H] of a kept pass, in the order i f g o or r z n, before backward */
    void (*rnn_trace)(recur_ctx *, const ri_rnn_pass *, void *gates);
    void (*linear_forward)(recur_ctx *, const ri_linear_pass *);
    void (*linear_backward)(recur_ctx *, const ri_linear_pass *);
    void (*rnn_forward)(recur_ctx *, const ri_rnn_pass *passes, int n_passes); /* side by side: directions */
    void (*rnn_backward)(recur_ctx *, const ri_rnn_pass *passes,
                         int n_passes); /* dh, dc, gates -> da, then dx */
    void (*rnn_backward_weights)(recur_ctx *, const ri_rnn_pass *passes, int n_passes, const ri_rnn_grads *,
                                 void *work);                               /* one layer's passes in order */
    int64_t (*rnn_weights_work)(const recur_ctx *, const ri_rnn_weights *); /* elements of that work space */
    double (*xent_forward)(recur_ctx *, const ri_xent_pass *, double *row_loss);
    void (*xent_backward)(recur_ctx *, const ri_xent_pass *);
    double (*linear_xent)(recur_ctx *, const ri_linear_xent_pass *);

    /* over sequences */
    void (*pool_sum_forward)(recur_ctx *, const ri_pool_pass *);
    void (*pool_sum_backward)(recur_ctx *, const ri_pool_pass *);
    void (*pool_max_forward)(recur_ctx *, const ri_pool_pass *);
    void (*pool_max_backward)(recur_ctx *, const ri_pool_pass *);
    /* softmax of each row of x [n,V], and of the numbers [N] of each sequence; dx is added to */
    void (*softmax_forward)(recur_ctx *, int64_t n, int64_t V, const void *x, void *y);
    void (*softmax_backward)(recur_ctx *, int64_t n, int64_t V, const void *y, const void *dy, void *dx);
    void (*sequence_softmax_forward)(recur_ctx *, const ri_sequences *, const void *x, void *y);
    void (*sequence_softmax_backward)(recur_ctx *, const ri_sequences *, const void *y, const void *dy,
                                      void *dx);
    /* Each row of x [n,V] less the log of the sum of its exponentials, as float in every context, into log_p (NULL: not wanted); its largest
     * element, of equal ones the first, and that one's log-probability. best is -1 where one is not a number. */
    void (*log_softmax)(recur_ctx *, int64_t n, int64_t V, const void *x, float *log_p, int32_t *best,
                        float *best_log_p);
    /* The place of each row's largest element but `never`, of equal ones the first; -1 where one is not a number or without bound. */
    void (*largest)(recur_ctx *, int64_t n, int64_t V, const void *x, int32_t never, int32_t *best);
    size_t (*sketch_bytes)(int64_t rows, int64_t cols);
    void (*sketch_fill)(recur_ctx *, int64_t rows, int64_t cols, const void *w, void *sketch);
    void (*linear_best)(recur_ctx *, const ri_best_pass *);
    void (*attend_forward)(recur_ctx *, const ri_attend_pass *);
    void (*attend_backward)(recur_ctx *, const ri_attend_pass *);
    /* crf_forward returns the sum of the losses; crf_decode writes tags [N] and the score [B] of each sequence of them */
    double (*crf_forward)(recur_ctx *, const ri_crf_pass *);
    void (*crf_backward)(recur_ctx *, const ri_crf_pass *);
    void (*crf_decode)(recur_ctx *, const ri_crf_pass *, int32_t *tags, double *scores);

    /* training */
    void (*update)(recur_ctx *, const ri_update *);
    double (*square_norm)(recur_ctx *, int64_t n, const void *x, double clip_value,
                          int64_t *n_clipped); /* of the values after clipping by value */
};

extern const ri_dev ri_dev_f32, ri_dev_f64;

/* Return the address of element i. */
static inline void *ri_at(const recur_ctx *ctx, const void *x, int64_t i)
{
    return (char *)(uintptr_t)x + i * (int64_t)ctx->dev->element_bytes;
}

#endif
