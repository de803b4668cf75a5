# Compare two texts, given as two files, word by word. Words are equal, or numbers written with a point that agree to four digits:
# processors round differently in the last places. Prints the first difference and fails.
# SPDX-License-Identifier: MIT
function difference(a, b) { return a > b ? a - b : b - a }
function bare(word) { gsub(/[][(),]/, "", word); return word }
function agree(a, b) {
    if (a == b) return 1
    x = bare(a); y = bare(b)
    if (x !~ /^-?[0-9]+\.[0-9]+(e[-+][0-9]+)?$/ || y !~ /^-?[0-9]+\.[0-9]+(e[-+][0-9]+)?$/) return 0
    if (x ~ /e/) return difference(x, y) <= 1e-3 * difference(x, 0)
    return difference(x, y) <= 1.5e-4
}
NR == FNR { wanted[FNR] = $0; n_wanted = FNR; next }
{
    n_found = FNR
    n = split(wanted[FNR], w)
    same = n == NF
    for (i = 1; same && i <= n; i++) same = agree(w[i], $i)
    if (!same) { print "line " FNR ": wanted \"" wanted[FNR] "\", found \"" $0 "\""; failed = 1; exit 1 }
}
END {
    if (!failed && n_found != n_wanted) { print n_wanted " lines wanted, " n_found + 0 " found"; exit 1 }
    exit failed
}
