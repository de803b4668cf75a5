# Count test cases in a CTest log (Testing/Temporary/LastTest.log) whose tests speak TAP, as cmocka's and bats' do.
# Prints every failure with its comment lines, and closes with "PASSED FAILED SKIPPED" as three numbers. A test that
# speaks no TAP is one case; one that ends badly, or before its plan is done, is a failure of its own.
# SPDX-License-Identifier: MIT
/^[0-9]+\/[0-9]+ Testing: / { name = $3; cases = bad = plan = inside = 0; verdict = "" ; tail = ""; next }
/^<end of output>$/         { inside = 0 }
inside {
    tail = tail "      " $0 "\n"
    if (length(tail) > 6000) tail = substr(tail, length(tail) - 4000)
}
inside && /^1\.\.[0-9]+/    { plan += substr($0, 4); next }
inside && /^(not )?ok /     {
    cases++
    showing = 0
    if ($0 ~ /# *[Ss][Kk][Ii][Pp]/) skipped++
    else if ($1 == "ok") passed++
    else { failed++; bad++; showing = 1; print "  " name ": " $0 }
    next
}
inside && /^#/ && showing   { print "      " $0; next }
inside                      { showing = 0 }
/^Output:$/                 { getline; inside = 1 }
!inside && /^Test [A-Z]/    { if ($0 !~ /^Test time/) verdict = $0 }
/^".*" end time:/ {
    good = verdict == "Test Passed."
    if (good && cases == 0) passed++
    else if (good && cases < plan || !good && bad == 0) {
        failed++
        print "  " name ": ended after " cases " of " plan " cases: " verdict
        printf "%s", tail
    }
}
END { print passed + 0, failed + 0, skipped + 0 }
