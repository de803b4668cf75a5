/* Learning merges: the most frequent pair of neighbours becomes a token, again and again.
 *
 * Counting anew for every merge would read the corpus thousands of times. Instead each pair knows its count and the pieces where it may stand, and a
 * merge touches those pieces alone. Two things make the queue simple: a pair's count only grows while the younger of its tokens is being made, and
 * falls ever after. So a pair enters the queue once it is complete; what is taken out with a count that has fallen since goes back with the
 * true one.
 *
 * The next merge is the greatest by (count, then the earlier tokens), an order without ties: neither the order of the texts nor that of a hash table
 * can be seen in the result.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "text/bpe.h"
#include "text/intern.h"

/* A piece as the tokens it is made of so far, which lie in one block. */
typedef struct piece {
    int32_t *ids; /* [n] */
    int64_t  n, count;
} piece;

/* What is known of a pair. */
typedef struct tally {
    int64_t count;
    int64_t places; /* 1 + number of the newest place, 0: none */
} tally;

/* A pair stands in a piece, or did so once. */
typedef struct place {
    int64_t piece, older; /* older: as tally.places */
} place;

/* A pair in the queue with the count it had when it came. */
typedef struct candidate {
    int64_t count;
    ri_pair pair;
} candidate;

typedef struct learner {
    const recur_allocator *a;
    int32_t               *ids; /* of all pieces */
    piece                 *pieces;
    int64_t                n_pieces;
    ri_pairs               pairs;
    tally                 *tallies; /* [pairs.n] */
    place                 *places;
    candidate             *queue; /* a heap, the best first */
    int64_t                n_places, n_queue;
    int64_t                tally_room, place_room, queue_room;
    ri_intern              tokens; /* the bytes of every token */
} learner;

/* Make room for one more element of an array. */
static bool make_room(const recur_allocator *a, void **array, int64_t n, int64_t *room, size_t size)
{
    if (n < *room) return true;
    int64_t wanted = *room ? 2 * *room : 1024;
    void   *larger = ri_grow(a, *array, (size_t)n, (size_t)wanted, size);
    if (!larger) return false;
    *array = larger;
    *room = wanted;
    return true;
}

/* ---- the queue ---- */

static bool is_better(const candidate *x, const candidate *y)
{
    if (x->count != y->count) return x->count > y->count;
    if (x->pair.left != y->pair.left) return x->pair.left < y->pair.left;
    return x->pair.right < y->pair.right;
}

static bool queue_add(learner *l, candidate c)
{
    void *queue = l->queue;
    if (!make_room(l->a, &queue, l->n_queue, &l->queue_room, sizeof *l->queue)) return false;
    l->queue = queue;
    int64_t at = l->n_queue++;
    for (int64_t above; at > 0 && is_better(&c, &l->queue[above = (at - 1) / 2]); at = above)
        l->queue[at] = l->queue[above];
    l->queue[at] = c;
    return true;
}

static candidate queue_take(learner *l)
{
    candidate best = l->queue[0], last = l->queue[--l->n_queue];
    int64_t   at = 0;
    for (int64_t below; (below = 2 * at + 1) < l->n_queue; at = below) {
        if (below + 1 < l->n_queue && is_better(&l->queue[below + 1], &l->queue[below])) below++;
        if (!is_better(&l->queue[below], &last)) break;
        l->queue[at] = l->queue[below];
    }
    l->queue[at] = last;
    return best;
}

/* Put the pairs from number `first` on into the queue. */
static bool queue_pairs(learner *l, int64_t first)
{
    for (int64_t i = first; i < l->pairs.n; i++)
        if (l->tallies[i].count > 1 && !queue_add(l, (candidate){l->tallies[i].count, l->pairs.list[i]}))
            return false;
    return true;
}

/* ---- counting ---- */

/* Count a pair of piece p, and note the place. */
static bool count_pair(learner *l, ri_pair pair, int64_t p)
{
    int64_t known = l->pairs.n, i = ri_pairs_add(&l->pairs, pair);
    void   *tallies = l->tallies, *places = l->places;
    if (i < 0 || !make_room(l->a, &tallies, i, &l->tally_room, sizeof *l->tallies)) return false;
    l->tallies = tallies;
    tally *t = &l->tallies[i];
    if (i == known) *t = (tally){0};
    t->count += l->pieces[p].count;
    if (t->places && l->places[t->places - 1].piece == p) return true;
    if (!make_room(l->a, &places, l->n_places, &l->place_room, sizeof *l->places)) return false;
    l->places = places;
    l->places[l->n_places++] = (place){p, t->places};
    t->places = l->n_places;
    return true;
}

/* Take the pairs of a piece out of the counts. */
static void uncount(learner *l, const piece *p)
{
    for (int64_t i = 0; i + 1 < p->n; i++)
        l->tallies[ri_pairs_find(&l->pairs, (ri_pair){p->ids[i], p->ids[i + 1]})].count -= p->count;
}

/* Count those pairs of piece p that have the token `made`, and with made -1 all; the others have their place and only their count goes up. */
static bool count(learner *l, int64_t p, int32_t made)
{
    const piece *it = &l->pieces[p];
    for (int64_t i = 0; i + 1 < it->n; i++) {
        ri_pair pair = {it->ids[i], it->ids[i + 1]};
        if (made < 0 || pair.left == made || pair.right == made) {
            if (!count_pair(l, pair, p)) return false;
        } else {
            l->tallies[ri_pairs_find(&l->pairs, pair)].count += it->count;
        }
    }
    return true;
}

/* Put a token in place of every pair of a piece, from the left. */
static void replace(piece *p, ri_pair pair, int32_t made)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->n; n++) {
        bool is_pair = i + 1 < p->n && p->ids[i] == pair.left && p->ids[i + 1] == pair.right;
        p->ids[n] = is_pair ? made : p->ids[i];
        i += is_pair ? 2 : 1;
    }
    p->n = n;
}

static bool has(const piece *p, ri_pair pair)
{
    for (int64_t i = 0; i + 1 < p->n; i++)
        if (p->ids[i] == pair.left && p->ids[i + 1] == pair.right) return true;
    return false;
}

/* Merge a pair wherever it stands. */
static bool merge(learner *l, ri_pair pair, int32_t made)
{
    int64_t first_new = l->pairs.n;
    int64_t at = l->tallies[ri_pairs_find(&l->pairs, pair)].places;
    for (; at; at = l->places[at - 1].older) {
        int64_t p = l->places[at - 1].piece;
        if (!has(&l->pieces[p], pair)) continue;
        uncount(l, &l->pieces[p]);
        replace(&l->pieces[p], pair, made);
        if (!count(l, p, made)) return false;
    }
    return queue_pairs(l, first_new);
}

/* ---- learning ---- */

static bool add_pieces(learner *l, const ri_table *counted)
{
    size_t bytes = 0;
    for (int64_t i = 0; i < counted->n; i++) bytes += counted->entries[i].span.size;
    l->ids = ri_allocate(l->a, bytes, sizeof *l->ids);
    l->pieces = ri_allocate(l->a, (size_t)counted->n, sizeof *l->pieces);
    if (!l->ids || !l->pieces) return false;
    int32_t *ids = l->ids;
    for (; l->n_pieces < counted->n; l->n_pieces++) {
        const ri_entry *e = &counted->entries[l->n_pieces];
        l->pieces[l->n_pieces] = (piece){ids, (int64_t)e->span.size, e->count};
        for (size_t k = 0; k < e->span.size; k++) *ids++ = (unsigned char)e->span.bytes[k];
        if (!count(l, l->n_pieces, -1)) return false;
    }
    return queue_pairs(l, 0);
}

static bool add_bytes(learner *l)
{
    for (int i = 0; i < RI_BPE_BYTES; i++) {
        char byte = (char)i;
        if (ri_intern_add(&l->tokens, (ri_span){&byte, 1}) < 0) return false;
    }
    return true;
}

/* Add the token that a merge makes. Returns its id, -2 if there is one of these bytes already, -1 if there is no memory. */
static int64_t add_token(learner *l, ri_pair pair)
{
    char    bytes[RI_PIECE_BYTES];
    ri_span left = l->tokens.table.entries[pair.left].span, right = l->tokens.table.entries[pair.right].span;
    int64_t known = l->tokens.table.n;
    for (size_t i = 0; i < left.size; i++) bytes[i] = left.bytes[i];
    for (size_t i = 0; i < right.size; i++) bytes[left.size + i] = right.bytes[i];
    int64_t id = ri_intern_add(&l->tokens, (ri_span){bytes, left.size + right.size});
    return id >= 0 && id < known ? -2 : id;
}

static bool learn(learner *l, const ri_table *counted, int64_t least, int64_t most, ri_pairs *merges)
{
    if (!add_bytes(l) || !add_pieces(l, counted)) return false;
    while (l->tokens.table.n < most && l->n_queue > 0) {
        candidate c = queue_take(l);
        int64_t   count = l->tallies[ri_pairs_find(&l->pairs, c.pair)].count;
        if (count < least) continue;
        if (count < c.count) {
            if (!queue_add(l, (candidate){count, c.pair})) return false;
            continue;
        }
        int64_t made = add_token(l, c.pair);
        if (made == -2) continue; /* other neighbours have made these bytes before */
        if (made < 0 || ri_pairs_add(merges, c.pair) < 0 || !merge(l, c.pair, (int32_t)made)) return false;
    }
    return true;
}

recur_status ri_bpe_learn(const ri_table *pieces, const recur_vocab_opts *opts, ri_pairs *merges,
                          ri_error *error)
{
    learner l = {.a = merges->allocator};
    int64_t least = opts->min_count > 2 ? opts->min_count : 2, most = RI_BPE_MOST_TOKENS;
    if (opts->max_size > 0 && opts->max_size < most) most = opts->max_size;
    ri_pairs_init(&l.pairs, l.a);
    ri_intern_init(&l.tokens, l.a);
    bool ok = learn(&l, pieces, least, most, merges);
    ri_intern_destroy(&l.tokens);
    ri_pairs_destroy(&l.pairs);
    ri_release(l.a, l.queue);
    ri_release(l.a, l.places);
    ri_release(l.a, l.tallies);
    ri_release(l.a, l.pieces);
    ri_release(l.a, l.ids);
    if (ok) return RECUR_OK;
    return ri_fail(error, RECUR_EMEMORY, "no memory to learn byte pairs from %" PRId64 " pieces", pieces->n);
}
